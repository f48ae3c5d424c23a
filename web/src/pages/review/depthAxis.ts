// Between rows, seconds and millimetres of one hole. A drill goes back between steps and while pecking, so one depth is
// passed several times; what counts is the first time: the rows at which the drill is deeper than ever before.
import type { Signals } from "../../api/holes";

export type AxisKind = "time" | "depth";

export interface DepthAxis {
  rows: number;
  secondsPerRow: number;
  /** Rows of new depth, ascending, and the depths there, ascending too. */
  front: Int32Array;
  frontMm: Float64Array;
}

export function makeDepthAxis(signals: Signals, sampleRateHz: number): DepthAxis {
  const front = new Int32Array(signals.rows);
  const frontMm = new Float64Array(signals.rows);
  let n = 0;
  let deepest = -Infinity;
  for (let row = 0; row < signals.rows; row++) {
    const depth = signals.depth[row] ?? NaN;
    if (!(depth > deepest)) continue; // also skips NaN
    deepest = depth;
    front[n] = row;
    frontMm[n++] = depth;
  }
  return {
    rows: signals.rows,
    secondsPerRow: 1 / (sampleRateHz > 0 ? sampleRateHz : 100),
    front: front.subarray(0, n),
    frontMm: frontMm.subarray(0, n),
  };
}

/** Index of the first entry >= value in an ascending array; its length when there is none. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const at = (values: ArrayLike<number>, index: number): number =>
  values[Math.min(values.length - 1, Math.max(0, index))] ?? 0;

/** Row (with a fraction) at which the drill reaches a depth for the first time. */
export function rowOfMm(axis: DepthAxis, mm: number): number {
  const i = lowerBound(axis.frontMm, mm);
  if (i === 0) return at(axis.front, 0);
  if (i >= axis.frontMm.length) return at(axis.front, axis.front.length - 1);
  const below = at(axis.frontMm, i - 1);
  const above = at(axis.frontMm, i);
  return at(axis.front, i) - 1 + (mm - below) / (above - below);
}

/** Deepest depth reached up to a row. */
export function mmOfRow(axis: DepthAxis, row: number): number {
  const i = lowerBound(axis.front, row);
  if (i === 0) return at(axis.frontMm, 0);
  if (i >= axis.front.length) return at(axis.frontMm, axis.frontMm.length - 1);
  const above = at(axis.frontMm, i);
  const below = at(axis.frontMm, i - 1);
  const before = at(axis.front, i) - row; // 0 at the row itself, 1 a row before
  return before >= 1 ? below : above - (above - below) * before;
}

export const xOfMm = (axis: DepthAxis, kind: AxisKind, mm: number): number =>
  kind === "depth" ? mm : rowOfMm(axis, mm) * axis.secondsPerRow;

export const mmOfX = (axis: DepthAxis, kind: AxisKind, x: number): number =>
  kind === "depth" ? x : mmOfRow(axis, x / axis.secondsPerRow);

export const rowOfX = (axis: DepthAxis, kind: AxisKind, x: number): number =>
  Math.round(Math.min(axis.rows - 1, Math.max(0, kind === "depth" ? rowOfMm(axis, x) : x / axis.secondsPerRow)));

/** The depth of the real sample next to a depth. */
export function nearestSampleMm(axis: DepthAxis, mm: number): number {
  const i = lowerBound(axis.frontMm, mm);
  const above = at(axis.frontMm, i);
  const below = at(axis.frontMm, i - 1);
  return Math.abs(above - mm) < Math.abs(mm - below) ? above : below;
}

/** The depth n samples further on (n < 0: back). Standing between two samples, the next one is the first step. */
export function nudgeSamples(axis: DepthAxis, mm: number, n: number): number {
  const tiny = 1e-7;
  const i = n > 0 ? lowerBound(axis.frontMm, mm + tiny) - 1 : lowerBound(axis.frontMm, mm - tiny);
  return at(axis.frontMm, i + n);
}

export function fullRange(axis: DepthAxis, kind: AxisKind): [number, number] {
  if (kind === "time") return [0, Math.max(1, axis.rows - 1) * axis.secondsPerRow];
  const first = at(axis.frontMm, 0);
  return [first, Math.max(first + 0.1, at(axis.frontMm, axis.frontMm.length - 1))];
}
