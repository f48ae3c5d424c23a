// Labels that are not on the server yet: per hole the gestures in their order, kept in the browser's storage, so that a
// reload, a closed window or a server that went away loses none.
import type { Depths } from "./derived";

export interface Gesture {
  points: Depths;
  rejected: boolean;
  reason: string;
  /** What was done, in words; a burst of equal ones (nudges of one marker) counts as one. */
  gesture: string;
  serial: number;
}

export interface Unsaved {
  /** The version on which the first gesture was made. */
  version: number;
  gestures: Gesture[];
}

const prefix = "gimlet.unsaved.";
let serial = Date.now();
const sending = new Set<number>();

export function kept(id: string): Unsaved | null {
  try {
    return JSON.parse(localStorage.getItem(prefix + id) ?? "null") as Unsaved | null;
  } catch {
    return null;
  }
}

/** Holes with something unsaved, this window's and those of windows that were closed. */
export function waiting(): string[] {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

function put(id: string, unsaved: Unsaved): void {
  if (unsaved.gestures.length > 0) localStorage.setItem(prefix + id, JSON.stringify(unsaved));
  else localStorage.removeItem(prefix + id);
}

/** version: what the server has; it counts only when nothing waits yet. */
export function keep(id: string, version: number, gesture: Omit<Gesture, "serial">): void {
  const unsaved = kept(id) ?? { version, gestures: [] };
  const last = unsaved.gestures.at(-1);
  const merges = last !== undefined && last.gesture === gesture.gesture && !sending.has(last.serial);
  const before = merges ? unsaved.gestures.slice(0, -1) : unsaved.gestures;
  put(id, { version: unsaved.version, gestures: [...before, { ...gesture, serial: ++serial }] });
}

/** The first gesture that waits, marked as on its way: later ones no longer merge into it. */
export function take(id: string): { version: number; gesture: Gesture } | null {
  const unsaved = kept(id);
  const gesture = unsaved?.gestures[0];
  if (!unsaved || !gesture) return null;
  sending.add(gesture.serial);
  return { version: unsaved.version, gesture };
}

/** The server has this gesture, as this version. True when more wait. */
export function done(id: string, sent: Gesture, version: number): boolean {
  sending.delete(sent.serial);
  const rest = (kept(id)?.gestures ?? []).filter((item) => item.serial !== sent.serial);
  put(id, { version, gestures: rest });
  return rest.length > 0;
}

export function forget(id: string): void {
  localStorage.removeItem(prefix + id);
}
