// Follow a stream of server-sent events. The browser connects again by itself and says where it stopped.

export interface Following {
  close(): void;
}

/** names: the events to listen for. onState tells whether the stream is connected. */
export function follow<T>(
  url: string,
  names: string[],
  onEvent: (event: T) => void,
  onState: (connected: boolean) => void = () => {},
): Following {
  const source = new EventSource(url);
  const take = (message: MessageEvent<string>) => {
    try {
      onEvent(JSON.parse(message.data) as T);
    } catch {
      /* a line cut off by a killed run */
    }
  };
  source.onmessage = take;
  for (const name of names) source.addEventListener(name, take as (event: Event) => void);
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  return { close: () => source.close() };
}
