// The label under the hands of a person: what it is now, what the server has, and how one becomes the other. Every
// gesture is saved within 300 ms; what is not saved yet lies in the browser's storage, so neither a reload nor a server
// that went away loses it.
import { ApiError, connection } from "../../api/client";
import { getHole, putLabels, redo, undo } from "../../api/holes";
import { POINTS, type Conflict, type HoleDetail, type Label, type LabelAnswer, type PointName } from "../../api/types";
import { toast, toastError } from "../../components/Toast";
import { href, navigate } from "../../router";
import { userName } from "../../state/session";
import { createStore } from "../../state/store";
import { depthsOf, sameDepths, type Depths } from "./derived";
import { done, forget, keep, kept, take, waiting, type Gesture } from "./outbox";

export type SaveState = "saved" | "waiting" | "saving" | "offline" | "conflict";

export interface EditorState {
  id: string;
  version: number;
  /** What the server has. */
  label: Label | null;
  points: Depths;
  rejected: boolean;
  reason: string;
  canUndo: boolean;
  canRedo: boolean;
  save: SaveState;
  /** A marker is in somebody's hand: what is shown is neither saved nor waiting yet. */
  held: boolean;
  conflict: Conflict | null;
}

const delayMs = 220;
const empty: Depths = { entry: null, transition: null, exit: null };

export const editor = createStore<EditorState>({
  id: "",
  version: 0,
  label: null,
  points: empty,
  rejected: false,
  reason: "",
  canUndo: false,
  canRedo: false,
  save: "saved",
  held: false,
  conflict: null,
});

/** Told after every save, so that the queue and caches follow. */
type SavedWatcher = (id: string, answer: LabelAnswer) => void;
const savedWatchers = new Set<SavedWatcher>();
export function onSaved(watcher: SavedWatcher): () => void {
  savedWatchers.add(watcher);
  return () => void savedWatchers.delete(watcher);
}

/** The server's last answer for each hole: what was read while a gesture was on its way is older than that. */
const answers = new Map<string, LabelAnswer>();

function tell(id: string, answer: LabelAnswer): void {
  answers.set(id, answer);
  for (const watcher of savedWatchers) watcher(id, answer);
}

let timer = 0;
const running = new Map<string, Promise<void>>();

/** One's own label where there is one, else the one that counts. */
export function labelFor({ hole, labels }: HoleDetail): Label | null {
  if (hole.label?.source === "truth") return hole.label;
  return labels.find((label) => label.source === "expert" && label.author === userName()) ?? hole.label;
}

/** Begin with a hole. What was left unsaved for it comes back as it was. */
export function openHole(detail: HoleDetail): void {
  const { hole, can_undo, can_redo } = detail;
  const told = answers.get(hole.id);
  const now = told && told.version > hole.version ? told : { version: hole.version, label: labelFor(detail), can_undo, can_redo };
  const label = now.label;
  const before = editor.get().id;
  if (before && before !== hole.id) void flush(before);
  const unsaved = kept(hole.id)?.gestures.at(-1);
  editor.set(() => ({
    id: hole.id,
    version: now.version,
    label,
    points: unsaved ? unsaved.points : depthsOf(label),
    rejected: unsaved ? unsaved.rejected : (label?.rejected ?? false),
    reason: unsaved ? unsaved.reason : (label?.reason ?? ""),
    canUndo: now.can_undo,
    canRedo: now.can_redo,
    save: unsaved ? "waiting" : "saved",
    held: false,
    conflict: null,
  }));
  if (unsaved) schedule(hole.id);
}

/** Show a change without saving it: a marker while it is dragged. */
export function preview(change: Partial<Depths>): void {
  editor.set((now) => ({ ...now, points: { ...now.points, ...change }, held: true }));
}

/** One finished gesture. gesture: what was done, in words, for the history. */
export function commit(gesture: string, change: Partial<Pick<EditorState, "points" | "rejected" | "reason">> = {}): void {
  editor.set((now) => ({ ...now, ...change, save: now.conflict ? "conflict" : "waiting", held: false }));
  const { id, points, rejected, reason, version } = editor.get();
  keep(id, version, { points, rejected, reason, gesture });
  schedule(id);
}

export function movePoint(name: PointName, mm: number | null, gesture: string): void {
  commit(gesture, { points: { ...editor.get().points, [name]: mm }, rejected: false, reason: "" });
}

function schedule(id: string): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void flush(id), delayMs);
}

/** Save now what waits for a hole. Resolves when nothing waits any more, or it cannot be saved now. */
export function flush(id: string): Promise<void> {
  if (id === editor.get().id) clearTimeout(timer);
  const before = running.get(id);
  const next = (before ?? Promise.resolve()).then(() => saveOnce(id));
  running.set(id, next);
  void next.finally(() => running.get(id) === next && running.delete(id));
  return next;
}

function writeOf(unsaved: Gesture) {
  const points = Object.fromEntries(POINTS.map((name) => [name, { mm: unsaved.points[name] }])) as Record<
    PointName,
    { mm: number | null }
  >;
  return { points, rejected: unsaved.rejected, reason: unsaved.reason, gesture: unsaved.gesture };
}

/** No answer, signed out, too many requests, a server in trouble: worth another try later. */
const passes = (status: number): boolean => status === 0 || status === 401 || status === 429 || status >= 500;

async function saveOnce(id: string): Promise<void> {
  const here = () => editor.get().id === id;
  for (;;) {
    const next = here() && editor.get().conflict ? null : take(id);
    if (!next) return;
    if (here()) editor.set({ save: "saving" });
    try {
      settled(id, next.gesture, await putLabels(id, next.version, writeOf(next.gesture)));
    } catch (cause) {
      if (cause instanceof ApiError && passes(cause.status)) {
        if (here()) editor.set({ save: "offline" });
        setTimeout(() => void flush(id), 2000);
        return;
      }
      if (cause instanceof ApiError && cause.status === 409) {
        if (!collided(id, next.gesture, cause.body as Conflict)) return;
      } else {
        refused(id, cause);
        return;
      }
    }
  }
}

/** The server has it. Gestures made in the meantime stay waiting, on top of the new version. */
function settled(id: string, sent: Gesture, answer: LabelAnswer): void {
  const more = done(id, sent, answer.version);
  if (editor.get().id === id)
    editor.set({
      version: answer.version,
      label: answer.label,
      canUndo: answer.can_undo,
      canRedo: answer.can_redo,
      save: more ? "waiting" : "saved",
    });
  tell(id, answer);
}

/** Somebody saved before us: perhaps ourselves, with an answer that never arrived (true: go on). Otherwise both versions
 * are shown; nothing is thrown away until a person decides. */
function collided(id: string, sent: Gesture, conflict: Conflict): boolean {
  const theirs = latestOf(conflict.theirs);
  const own = theirs?.author === userName() && theirs.source === "expert";
  if (theirs && own && theirs.rejected === sent.rejected && sameDepths(depthsOf(theirs), sent.points)) {
    settled(id, sent, { version: conflict.version, label: theirs, can_undo: true, can_redo: false });
    return true;
  }
  if (editor.get().id === id) editor.set({ save: "conflict", conflict });
  else
    toast("Somebody else changed a hole that you have left; your version waits for a choice", {
      tone: "failed",
      action: { text: "Open it", run: () => navigate(href("review", [id])) },
    });
  return false;
}

/** What a person saved last; the automatic label when no person did. */
export function latestOf(labels: Label[]): Label | null {
  const byPeople = labels.filter((label) => label.source === "expert" || label.source === "truth");
  return byPeople.sort((a, b) => b.made_at.localeCompare(a.made_at))[0] ?? labels[0] ?? null;
}

/** The server will not have it: back to what it has, and say why. */
function refused(id: string, cause: unknown): void {
  forget(id);
  toastError(cause);
  const { id: current, label } = editor.get();
  if (current !== id) return;
  editor.set({ points: depthsOf(label), rejected: label?.rejected ?? false, reason: label?.reason ?? "", save: "saved" });
}

/** After a conflict: save these points on top of the other's version. */
export async function resolveWith(points: Depths, rejected: boolean, reason: string, gesture: string): Promise<void> {
  const { id, conflict } = editor.get();
  if (!conflict) return;
  forget(id);
  keep(id, conflict.version, { points, rejected, reason, gesture });
  editor.set({ points, rejected, reason, conflict: null, version: conflict.version, label: latestOf(conflict.theirs) });
  await flush(id);
}

/** After a conflict: go on with the other's version. */
export function takeTheirs(): void {
  const { id, conflict } = editor.get();
  if (!conflict) return;
  forget(id);
  const label = latestOf(conflict.theirs);
  editor.set({
    version: conflict.version,
    label,
    points: depthsOf(label),
    rejected: label?.rejected ?? false,
    reason: label?.reason ?? "",
    conflict: null,
    save: "saved",
  });
  if (label) tell(id, { version: conflict.version, label, can_undo: false, can_redo: false });
}

/** Take back, or do again, one gesture; the server keeps the list, so it survives a reload. */
export async function stepBack(direction: "undo" | "redo"): Promise<void> {
  const { id } = editor.get();
  await flush(id);
  const { version, save } = editor.get();
  if (save !== "saved") return;
  try {
    const answer = await (direction === "undo" ? undo : redo)(id, version);
    // with one's first gesture taken back, what the hole had before counts again
    apply(id, answer.label ? answer : { ...answer, label: labelFor(await getHole(id)) });
  } catch (cause) {
    toastError(cause);
    if (cause instanceof ApiError && cause.status === 409) await catchUp(id);
  }
}

/** Somebody else was quicker, and nothing of ours waits: show what there is now. */
async function catchUp(id: string): Promise<void> {
  const detail = await getHole(id);
  const { can_undo, can_redo } = detail;
  apply(id, { version: detail.hole.version, label: labelFor(detail), can_undo, can_redo });
}

function apply(id: string, answer: LabelAnswer): void {
  if (editor.get().id === id)
    editor.set({
      version: answer.version,
      label: answer.label,
      points: depthsOf(answer.label),
      rejected: answer.label?.rejected ?? false,
      reason: answer.label?.reason ?? "",
      canUndo: answer.can_undo,
      canRedo: answer.can_redo,
      save: "saved",
    });
  tell(id, answer);
}

/** When the server is back, save what waited; also what a closed window left behind for other holes. */
export function startSaving(): () => void {
  const flushAll = () => {
    if (connection.get().online) for (const id of waiting()) void flush(id);
  };
  flushAll();
  return connection.subscribe(flushAll);
}
