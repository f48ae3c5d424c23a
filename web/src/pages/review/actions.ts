// What the keys and buttons of the Review page do to the hole that is open.
import { POINTS, type PointName } from "../../api/types";
import { toast } from "../../components/Toast";
import { signed } from "../../text/format";
import { mayAct, userName } from "../../state/session";
import { nearestSampleMm, nudgeSamples } from "./depthAxis";
import { depthsOf, moveInOrder, moveNote, pointTitle, sameDepths } from "./derived";
import type { LoadedHole } from "./holeCache";
import { commit, editor, movePoint } from "./labelEditor";
import { noteReason, revealMm, shown, zoomToMm } from "./reviewView";
import { candidatesFor, nextCandidate } from "./snap";

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

export function mayLabel(): boolean {
  if (editor.get().conflict) return false;
  if (mayAct("annotator")) return true;
  toast("You may look, but not change labels", { tone: "warning", hint: "Ask an administrator for the role annotator." });
  return false;
}

export function selectPoint(hole: LoadedHole, name: PointName): void {
  shown.set({ selected: name });
  const mm = editor.get().points[name];
  if (mm !== null) revealMm(hole, mm);
}

/** Where an absent point comes back: what a label or ghost says, else its own evidence, else between its neighbours. */
function returnMm(hole: LoadedHole, name: PointName): number {
  const known = hole.detail.labels.map((label) => label.points[name].mm).find((mm) => mm !== null);
  const ghost = hole.detail.ghosts.map((item) => item.points[name].mm).find((mm) => mm !== null);
  const candidate = candidatesFor(hole.detail.candidates, name).find((item) => item.point === name)?.mm;
  const { entry, exit } = editor.get().points;
  const first = hole.axis.frontMm[0] ?? 0;
  const last = hole.axis.frontMm[hole.axis.frontMm.length - 1] ?? 0;
  const middle = ((entry ?? first) + (exit ?? last)) / 2;
  return known ?? ghost ?? candidate ?? nearestSampleMm(hole.axis, middle);
}

export function setPoint(hole: LoadedHole, name: PointName, mm: number, gesture: string): void {
  if (!mayLabel()) return;
  const before = editor.get().points;
  const points = moveInOrder(before, name, mm, shown.get().push);
  commit(gesture, { points, rejected: false, reason: "" });
  const note = moveNote(before, points, name, mm);
  if (note) noteReason(name, note);
  revealMm(hole, points[name] ?? mm);
}

function selectedMm(hole: LoadedHole): number | null {
  const { selected } = shown.get();
  const mm = editor.get().points[selected];
  if (mm !== null) return mm;
  if (mayLabel()) setPoint(hole, selected, returnMm(hole, selected), `${pointTitle[selected]} put back`);
  return null;
}

export function nudgeBySamples(hole: LoadedHole, n: number): void {
  const mm = selectedMm(hole);
  const name = shown.get().selected;
  if (mm !== null) setPoint(hole, name, nudgeSamples(hole.axis, mm, n), `${pointTitle[name]} moved by samples`);
}

export function nudgeByMm(hole: LoadedHole, by: number): void {
  const mm = selectedMm(hole);
  const name = shown.get().selected;
  if (mm !== null) setPoint(hole, name, mm + by, `${pointTitle[name]} moved by ${Math.abs(by)} mm`);
}

/** step 0: the strongest evidence; 1, -1: the next one, the one before. */
export function snapTo(hole: LoadedHole, step: 0 | 1 | -1): void {
  const name = shown.get().selected;
  const mm = editor.get().points[name];
  const candidates = candidatesFor(hole.detail.candidates, name);
  const item = step === 0 ? candidates[0] : nextCandidate(candidates, mm, step);
  if (!item) {
    toast(`There is no evidence for the ${lowerFirst(pointTitle[name])} to snap to`, { tone: "info" });
    return;
  }
  setPoint(hole, name, item.mm, `${pointTitle[name]} snapped: ${item.text}`);
  noteReason(name, `${item.text}${mm === null ? "" : `  ${signed(item.mm - mm, 2)} mm`}`);
}

export function toggleAbsent(hole: LoadedHole, name: PointName): void {
  if (!mayLabel()) return;
  if (editor.get().points[name] === null) setPoint(hole, name, returnMm(hole, name), `${pointTitle[name]} put back`);
  else movePoint(name, null, `${pointTitle[name]} marked absent`);
}

export function zoomToSelected(hole: LoadedHole): void {
  const { points } = editor.get();
  const { selected } = shown.get();
  const mm = points[selected] ?? POINTS.map((name) => points[name]).find((value) => value !== null) ?? null;
  if (mm !== null) zoomToMm(hole, mm);
}

/** Accept the label as it stands. True when it is (or will be) a reviewed one. */
export function accept(): boolean {
  if (!mayLabel()) return false;
  const { label, points, rejected, save } = editor.get();
  const mine = label && !label.rejected && (label.source === "truth" || (label.source === "expert" && label.author === userName()));
  const untouched = sameDepths(points, depthsOf(label)) && !rejected;
  if (mine && untouched && save !== "waiting") return true;
  if (save === "waiting" || save === "saving" || save === "offline") return true; // the gesture itself is the label
  if (POINTS.every((name) => points[name] === null)) {
    toast("There is no point to accept", { tone: "warning", hint: "Set a marker, or reject the hole with a reason." });
    return false;
  }
  commit("accepted", { rejected: false, reason: "" });
  return true;
}

export function reject(reason: string): void {
  if (mayLabel()) commit(`rejected: ${reason}`, { rejected: true, reason });
}
