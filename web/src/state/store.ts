// A value that components watch. Kept this small on purpose: get, set, subscribe, and a hook.
import { useEffect, useReducer, useRef } from "preact/hooks";

export interface Store<T> {
  get(): T;
  /** Merge a part, or replace by what a function makes of the present value. Watchers run when something changed. */
  set(change: Partial<T> | ((now: T) => T)): void;
  subscribe(watcher: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(change) {
      const next = typeof change === "function" ? change(value) : { ...value, ...change };
      const same = (Object.keys(next) as (keyof T)[]).every((key) => Object.is(next[key], value[key]));
      if (same) return;
      value = next;
      for (const watcher of [...watchers]) watcher();
    },
    subscribe(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

/** Watch a part of a store: the component is drawn again when the selected value is another one. */
export function useStore<T extends object, S = T>(store: Store<T>, select: (value: T) => S = (v) => v as unknown as S): S {
  const [, again] = useReducer<number, void>((n) => n + 1, 0);
  const selected = select(store.get());
  const last = useRef(selected);
  last.current = selected;
  useEffect(() => {
    const check = () => {
      if (!Object.is(select(store.get()), last.current)) again();
    };
    check();
    return store.subscribe(check);
  }, [store]);
  return selected;
}
