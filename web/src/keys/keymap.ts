// Every key that the page knows, by the name of what it does. People can change them; the change is kept in the browser.
import { createStore } from "../state/store";

export interface KeyAction {
  id: string;
  group: string;
  text: string;
  /** As chordOf writes them: "a", "shift+a", "ctrl+z", " " is "space". */
  keys: string[];
}

const action = (id: string, group: string, text: string, ...keys: string[]): KeyAction => ({ id, group, text, keys });

export const actions: KeyAction[] = [
  action("point.entry", "Markers", "select the entry", "1"),
  action("point.transition", "Markers", "select the transition", "2"),
  action("point.exit", "Markers", "select the exit", "3"),
  action("nudge.left", "Markers", "one sample to the left; Shift 10, Ctrl 100", ","),
  action("nudge.right", "Markers", "one sample to the right; Shift 10, Ctrl 100", "."),
  action("nudge.less", "Markers", "0.1 mm less; Shift 0.01 mm", "["),
  action("nudge.more", "Markers", "0.1 mm more; Shift 0.01 mm", "]"),
  action("snap.best", "Markers", "snap to the best evidence", "s"),
  action("snap.next", "Markers", "snap to the next evidence", "tab"),
  action("snap.back", "Markers", "snap to the evidence before", "shift+tab"),
  action("point.absent", "Markers", "mark as absent, or put back", "n"),
  action("hole.accept", "Hole", "accept and go to the next hole", "space", "enter"),
  action("hole.reject", "Hole", "reject: cannot be labelled", "x"),
  action("hole.next", "Hole", "next hole, this one as it is", "j", "arrowdown"),
  action("hole.previous", "Hole", "previous hole", "k", "arrowup"),
  action("edit.undo", "Hole", "undo", "u", "ctrl+z"),
  action("edit.redo", "Hole", "redo", "shift+u", "ctrl+shift+z", "ctrl+y"),
  action("hole.comment", "Hole", "write a comment", "c"),
  action("hole.queue", "Hole", "to the queue: search", "q", "/"),
  action("edit.push", "Hole", "a marker pushes its neighbour, or stops at it", "p"),
  action("view.left", "View", "pan left", "a", "arrowleft"),
  action("view.right", "View", "pan right", "d", "arrowright"),
  action("view.in", "View", "zoom in", "w", "+"),
  action("view.out", "View", "zoom out", "e", "-"),
  action("view.fit", "View", "fit the whole hole", "f"),
  action("view.marker", "View", "zoom to the marker, 5 mm to each side", "z"),
  action("view.ghosts", "View", "show or hide the predictions", "g"),
  action("view.rule", "View", "show or hide the automatic label", "h"),
  action("view.axis", "View", "time or depth as the axis", "r"),
  action("view.lock", "View", "keep the vertical scales", "y"),
  action("view.cursors", "View", "measure with two cursors", "m"),
  action("help.keys", "Everywhere", "this sheet", "?"),
];

const storageKey = "gimlet.keys";

function stored(): Record<string, string[]> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    return value && typeof value === "object" ? (value as Record<string, string[]>) : {};
  } catch {
    return {};
  }
}

export const changed = createStore<{ keys: Record<string, string[]> }>({ keys: stored() });

export function keysOf(id: string): string[] {
  return changed.get().keys[id] ?? actions.find((item) => item.id === id)?.keys ?? [];
}

/** The action that already has this chord, other than id. */
export function takenBy(chord: string, id: string): KeyAction | undefined {
  return actions.find((item) => item.id !== id && keysOf(item.id).includes(chord));
}

/** null = the keys it came with. */
export function rebind(id: string, keys: string[] | null): void {
  const next = { ...changed.get().keys };
  if (keys) next[id] = keys;
  else delete next[id];
  localStorage.setItem(storageKey, JSON.stringify(next));
  changed.set({ keys: next });
}

export function resetKeys(): void {
  localStorage.removeItem(storageKey);
  changed.set({ keys: {} });
}

/** "shift+tab" of an event. Shift is left out where it only chose the character: "?" and not "shift+?". */
export function chordOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const letter = key.length > 1 || /^[a-z0-9]$/.test(key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && letter) parts.push("shift");
  return [...parts, key].join("+");
}

const names: Record<string, string> = {
  space: "Space",
  tab: "Tab",
  enter: "Enter",
  ctrl: "Ctrl",
  shift: "Shift",
  alt: "Alt",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
};

/** "Ctrl+Z" of "ctrl+z". */
export function keyText(chord: string): string {
  if (chord === "+" || chord === "-") return chord;
  return chord
    .split("+")
    .map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join("+");
}

export const firstKey = (id: string): string | undefined => {
  const chord = keysOf(id)[0];
  return chord === undefined ? undefined : keyText(chord);
};
