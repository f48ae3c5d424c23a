// Keys to actions. Keys typed into a field, or while a dialog is open, are left alone.
import { useEffect, useRef } from "preact/hooks";
import { actions, chordOf, keysOf } from "./keymap";

export type KeyHandlers = Record<string, (event: KeyboardEvent) => void>;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Keys that a control under the focus needs for itself: Enter and Space press a button, Tab leaves a dialog's field. */
function belongsToControl(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const presses = event.key === "Enter" || event.key === " ";
  return presses && (target.tagName === "BUTTON" || target.tagName === "A" || target.tagName === "SUMMARY");
}

/** The chord with the modifiers that only set a step taken off: Shift+, is "," ten times. */
function plainChord(event: KeyboardEvent): string {
  const byCode: Record<string, string> = { Comma: ",", Period: ".", BracketLeft: "[", BracketRight: "]" };
  return byCode[event.code] ?? "";
}

export function useKeys(handlers: KeyHandlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || typing(event.target) || belongsToControl(event)) return;
      if (document.querySelector("dialog[open]")) return;
      const chord = chordOf(event);
      const plain = plainChord(event);
      const find = (wanted: string) =>
        actions.find((item) => latest.current[item.id] !== undefined && keysOf(item.id).includes(wanted));
      const found = find(chord) ?? (plain && !event.altKey ? find(plain) : undefined);
      if (!found) return;
      event.preventDefault();
      latest.current[found.id]?.(event);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
