// The two measuring cursors and what lies between them. They stand on rows, so they stay when the axis changes.
import { createStore } from "../../state/store";
import { fixed } from "../../text/format";
import { lowerBound, mmOfRow, type DepthAxis } from "./depthAxis";
import type { LoadedHole } from "./holeCache";

export const cursors = createStore<{ on: boolean; a: number; b: number }>({ on: false, a: 0, b: 0 });

export interface Measure {
  dMm: number;
  dS: number;
  torqueMean: number;
  torqueMax: number;
  thrustMean: number;
  thrustMax: number;
  /** How steeply they rise with the depth, A/mm; NaN where nothing new was drilled. */
  torqueSlope: number;
  thrustSlope: number;
  /** Of the motors: W, and its sum over the time, J. */
  powerMean: number;
  energy: number;
  steps: string;
}

function meanMax(values: Float32Array, from: number, to: number): [number, number] {
  let sum = 0;
  let max = -Infinity;
  let n = 0;
  for (let row = from; row <= to; row++) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    max = Math.max(max, value);
    n++;
  }
  return n ? [sum / n, max] : [NaN, NaN];
}

/** The straight line that fits best, A/mm: over the rows at which the drill was deeper than ever before, so that ways back
 * and pecks do not count. */
export function slope(axis: DepthAxis, values: Float32Array, from: number, to: number): number {
  const first = lowerBound(axis.front, from);
  const end = lowerBound(axis.front, to + 1);
  let n = 0;
  let [x, y, xx, xy] = [0, 0, 0, 0];
  const zero = axis.frontMm[first] ?? 0; // sums of small numbers stay exact
  for (let i = first; i < end; i++) {
    const value = values[axis.front[i] ?? 0] ?? NaN;
    if (Number.isNaN(value)) continue;
    const mm = (axis.frontMm[i] ?? 0) - zero;
    n++;
    x += mm;
    y += value;
    xx += mm * mm;
    xy += mm * value;
  }
  const spread = n * xx - x * x;
  return n > 1 && spread > 1e-9 ? (n * xy - x * y) / spread : NaN;
}

export function measure(hole: LoadedHole, a: number, b: number): Measure {
  const [from, to] = a < b ? [a, b] : [b, a];
  const { signals, axis } = hole;
  const [torqueMean, torqueMax] = meanMax(signals.torque, from, to);
  const [thrustMean, thrustMax] = meanMax(signals.thrust, from, to);
  const [powerMean] = meanMax(signals.power, from, to);
  const first = signals.step[from] ?? 0;
  const last = signals.step[to] ?? 0;
  return {
    dMm: mmOfRow(axis, to) - mmOfRow(axis, from),
    dS: (to - from) * axis.secondsPerRow,
    torqueMean,
    torqueMax,
    thrustMean,
    thrustMax,
    torqueSlope: slope(axis, signals.torque, from, to),
    thrustSlope: slope(axis, signals.thrust, from, to),
    powerMean,
    energy: powerMean * (to - from + 1) * axis.secondsPerRow,
    steps: first === last ? `${first}` : `${first}–${last}`,
  };
}

/** Two lines for a spreadsheet: headings and values, with plain minus signs. */
export function measureTsv(hole: LoadedHole, a: number, b: number): string {
  const value = measure(hole, a, b);
  const [from, to] = a < b ? [a, b] : [b, a];
  const plain = (x: number, digits: number) => fixed(x, digits).replace("−", "-");
  const { axis, detail } = hole;
  const heads = ["file", "a_mm", "b_mm", "delta_mm", "delta_s", "torque_mean_a", "torque_max_a", "thrust_mean_a", "thrust_max_a",
    "torque_slope_a_per_mm", "thrust_slope_a_per_mm", "power_mean_w", "energy_j", "steps"];
  const cells = [
    detail.hole.file,
    plain(mmOfRow(axis, from), 3),
    plain(mmOfRow(axis, to), 3),
    plain(value.dMm, 3),
    plain(value.dS, 2),
    plain(value.torqueMean, 3),
    plain(value.torqueMax, 3),
    plain(value.thrustMean, 3),
    plain(value.thrustMax, 3),
    plain(value.torqueSlope, 3),
    plain(value.thrustSlope, 3),
    plain(value.powerMean, 1),
    plain(value.energy, 1),
    value.steps,
  ];
  return `${heads.join("\t")}\n${cells.join("\t")}\n`;
}

/** Switch on with one cursor at each third of the view. */
export function placeCursors(axis: DepthAxis, from: number, to: number): void {
  const inside = (row: number) => Math.round(Math.min(axis.rows - 1, Math.max(0, row)));
  cursors.set({ on: true, a: inside(from + (to - from) / 3), b: inside(from + ((to - from) * 2) / 3) });
}
