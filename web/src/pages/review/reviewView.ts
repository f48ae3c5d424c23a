// What the Review page shows and how, apart from the labels: the chosen point, layers of ghosts, the axis.
import type { PointName } from "../../api/types";
import { createStore } from "../../state/store";
import { fullRange, mmOfX, xOfMm, type AxisKind } from "./depthAxis";
import type { LoadedHole } from "./holeCache";
import { ViewState } from "./xView";

export const view = new ViewState();

const pushKey = "gimlet.push";

export const shown = createStore<{
  selected: PointName;
  rule: boolean;
  predictions: boolean;
  axis: AxisKind;
  yLocked: boolean;
  /** A marker that is moved past its neighbour pushes it along; else it stops there. */
  push: boolean;
  rejecting: boolean;
  /** Why a marker was put where it is, shown beside it for a while. */
  note: { point: PointName; reason: string } | null;
}>({ selected: "entry", rule: true, predictions: true, axis: "time", yLocked: false, push: localStorage.getItem(pushKey) === "1", rejecting: false, note: null });

export function togglePush(): void {
  const push = !shown.get().push;
  localStorage.setItem(pushKey, push ? "1" : "0");
  shown.set({ push });
}

let noteTimer = 0;

export function noteReason(point: PointName, reason: string): void {
  clearTimeout(noteTimer);
  shown.set({ note: { point, reason } });
  noteTimer = window.setTimeout(() => shown.set({ note: null }), 3500);
}

/** Time <-> depth, with the same stretch of the hole in view. */
export function swapAxis(hole: LoadedHole): void {
  const { kind, min, max, fullMin, fullMax } = view.now;
  const whole = max - min >= fullMax - fullMin;
  const next: AxisKind = kind === "time" ? "depth" : "time";
  const ends = [min, max].map((x) => xOfMm(hole.axis, next, mmOfX(hole.axis, kind, x)));
  view.setFull(next, fullRange(hole.axis, next), whole ? undefined : [ends[0] ?? 0, ends[1] ?? 1]);
  shown.set({ axis: next });
}

export function zoomToMm(hole: LoadedHole, mm: number, aroundMm = 5): void {
  const { kind } = view.now;
  view.show(xOfMm(hole.axis, kind, mm - aroundMm), xOfMm(hole.axis, kind, mm + aroundMm));
}

/** A marker that was moved by a key is kept in view. */
export function revealMm(hole: LoadedHole, mm: number): void {
  view.reveal(xOfMm(hole.axis, view.now.kind, mm));
}
