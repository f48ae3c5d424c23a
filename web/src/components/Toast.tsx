// Short messages at the lower edge: what was done, with an action to take it back; errors stay until closed.
import { createStore, useStore } from "../state/store";
import { ApiError } from "../api/client";
import { Button } from "./Button";
import { Shape, type Tone } from "./Badge";

export interface ToastMessage {
  id: number;
  tone: Tone;
  text: string;
  hint: string;
  action?: { text: string; run: () => void };
}

const toasts = createStore<{ items: ToastMessage[] }>({ items: [] });
let nextId = 1;

export function dismiss(id: number): void {
  toasts.set((now) => ({ items: now.items.filter((item) => item.id !== id) }));
}

export function toast(text: string, options: { tone?: Tone; hint?: string; action?: ToastMessage["action"] } = {}): void {
  const { tone = "ok", hint = "", action } = options;
  const item: ToastMessage = { id: nextId++, tone, text, hint, ...(action ? { action } : {}) };
  toasts.set((now) => ({ items: [...now.items.filter((old) => old.text !== text), item].slice(-4) }));
  if (tone !== "failed" && tone !== "error") setTimeout(() => dismiss(item.id), action ? 10_000 : 4_000);
}

export function toastError(cause: unknown): void {
  if (cause instanceof DOMException && cause.name === "AbortError") return;
  if (cause instanceof ApiError) toast(cause.message, { tone: "failed", hint: cause.hint });
  else toast(cause instanceof Error ? cause.message : String(cause), { tone: "failed" });
}

export function Toasts() {
  const items = useStore(toasts, (value) => value.items);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {items.map((item) => (
        <div key={item.id} class={`toast tone-${item.tone}`}>
          <Shape tone={item.tone} />
          <p>
            {item.text}
            {item.hint && <small>{item.hint}</small>}
          </p>
          {item.action && (
            <Button
              small
              onClick={() => {
                item.action?.run();
                dismiss(item.id);
              }}
            >
              {item.action.text}
            </Button>
          )}
          <Button small kind="quiet" icon="close" title="Close this message" onClick={() => dismiss(item.id)} />
        </div>
      ))}
    </div>
  );
}
