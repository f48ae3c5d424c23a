// A hole as a small picture: torque and thrust over depth, along the front of the drill. No DOM.

export interface HoleCurve {
  depth: number[];
  torque: Band;
  thrust: Band;
}

export interface Band {
  low: number[];
  high: number[];
}

/** The columns depth, torque, thrust one after the other, as /signals gives them: pairs of min and max where the record
 * has more rows than were asked for, else single values. What happens behind the front (the way back, pecks) would draw
 * over the cut, so it is left out. */
export function holeCurve(values: Float32Array, rows: number, pairs: boolean): HoleCurve {
  const out: HoleCurve = { depth: [], torque: { low: [], high: [] }, thrust: { low: [], high: [] } };
  const at = (column: number, row: number, high: 0 | 1) => values[pairs ? (column * rows + row) * 2 + high : column * rows + row] ?? NaN;
  let front = -Infinity;
  for (let row = 0; row < rows; row++) {
    const deepest = at(0, row, 1);
    if (!Number.isFinite(deepest) || deepest < front - 0.02) continue;
    const from = Math.max(at(0, row, 0), Math.min(front, deepest));
    front = Math.max(front, deepest);
    out.depth.push((from + deepest) / 2);
    out.torque.low.push(at(1, row, 0));
    out.torque.high.push(at(1, row, 1));
    out.thrust.low.push(at(2, row, 0));
    out.thrust.high.push(at(2, row, 1));
  }
  return out;
}

/** Bounds that show the cut and not a single spike, with some air above. */
export function levelRange(band: Band): [number, number] {
  const high = band.high.filter(Number.isFinite).sort((a, b) => a - b);
  const low = band.low.filter(Number.isFinite).sort((a, b) => a - b);
  const top = high[Math.floor(high.length * 0.995)] ?? 1;
  const floor = Math.min(0, low[Math.floor(low.length * 0.02)] ?? 0);
  return [floor, top > floor ? floor + (top - floor) * 1.12 : floor + 1];
}

/** The band as an SVG path, drawn as a line that is as thick as the band is high. Gaps stay gaps. */
export function bandPath(depth: number[], band: Band, x: (mm: number) => number, y: (level: number) => number): string {
  let path = "";
  let open = false;
  depth.forEach((mm, at) => {
    const low = band.low[at] ?? NaN;
    const high = band.high[at] ?? NaN;
    if (!Number.isFinite(low) || !Number.isFinite(high)) {
      open = false;
      return;
    }
    path += `${open ? "L" : "M"}${x(mm).toFixed(1)} ${y(low).toFixed(1)}`;
    if (high !== low) path += `V${y(high).toFixed(1)}`;
    open = true;
  });
  return path;
}

/** Round numbers between two bounds, about as many as wanted. */
export function niceTicks(from: number, to: number, wanted: number): number[] {
  const raw = (to - from) / Math.max(1, wanted);
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const part = raw / power;
  const step = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
  const out: number[] = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + step * 1e-6; k++) out.push(k * step);
  return out;
}

/** How many decimals a step between ticks needs: 0.05 needs two. */
export function decimalsOf(step: number): number {
  return step > 0 && step < 1 ? Math.ceil(-Math.log10(step) - 1e-9) : 0;
}
