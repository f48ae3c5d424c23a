// Draws one curve into a chart. Where many samples fall on one pixel, the column of pixels from the lowest to the
// highest of them is filled: nothing that happened is lost, and a whole hole costs no more than the chart is wide.
// No DOM: also tested without a browser.
import { lowerBound } from "./depthAxis";

export interface Curve {
  x: Float64Array;
  y: Float32Array;
  /** A value holds until the next sample: steps instead of slopes. */
  stepped: boolean;
}

/** The part of the canvas that is drawn into, in its own pixels, and the values at its edges. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  xMin: number;
  xMax: number;
  /** At the upper and at the lower edge: depth grows downwards. */
  yTop: number;
  yBottom: number;
}

/** For each column of pixels the lowest and highest y, in pixels; NaN where nothing is. A column also reaches to where the
 * one before ended, so that the curve has no holes. */
export interface Columns {
  from: Float32Array;
  to: Float32Array;
}

export function columnsOf({ x, y }: Curve, frame: Frame, first: number, last: number): Columns {
  const width = Math.max(1, Math.round(frame.width));
  const from = new Float32Array(width).fill(NaN);
  const to = new Float32Array(width).fill(NaN);
  const perX = frame.width / (frame.xMax - frame.xMin);
  const perY = frame.height / (frame.yBottom - frame.yTop);
  let before = NaN;
  let column = -1;
  let low = NaN;
  let high = NaN;
  let seen = false;
  const put = () => {
    if (column < 0 || column >= width || !seen) return;
    from[column] = low;
    to[column] = high;
  };
  for (let i = first; i < last; i++) {
    const level = ((y[i] as number) - frame.yTop) * perY;
    const at = Math.floor(((x[i] as number) - frame.xMin) * perX);
    if (at !== column) {
      put();
      column = at;
      low = high = before;
      seen = false;
    }
    before = level;
    if (level !== level) {
      if (!seen) low = high = NaN; // a gap: nothing to go on from
      continue;
    }
    seen = true;
    if (!(low <= level)) low = level;
    if (!(high >= level)) high = level;
  }
  put();
  return { from, to };
}

function drawColumns(c: CanvasRenderingContext2D, { from, to }: Columns, frame: Frame, thick: number): void {
  const left = Math.round(frame.left);
  const top = frame.top;
  const bottom = frame.top + frame.height;
  for (let i = 0; i < from.length; i++) {
    const low = from[i] as number;
    if (low !== low) continue;
    const a = Math.max(top, Math.round(top + low));
    const b = Math.min(bottom, Math.round(top + (to[i] as number)) + thick);
    if (b > a) c.fillRect(left + i, a, 1, b - a);
  }
}

function drawLine(c: CanvasRenderingContext2D, { x, y, stepped }: Curve, frame: Frame, first: number, last: number): void {
  const perX = frame.width / (frame.xMax - frame.xMin);
  const perY = frame.height / (frame.yBottom - frame.yTop);
  let open = false;
  let before = 0;
  c.beginPath();
  for (let i = first; i < last; i++) {
    const level = frame.top + ((y[i] as number) - frame.yTop) * perY;
    const at = frame.left + ((x[i] as number) - frame.xMin) * perX;
    if (level !== level) {
      open = false;
      continue;
    }
    if (open && stepped) c.lineTo(at, before);
    if (open) c.lineTo(at, level);
    else c.moveTo(at, level);
    open = true;
    before = level;
  }
  c.stroke();
}

/** So many samples on a pixel and more are drawn as columns; fewer look better as a smooth line. */
const columnsFrom = 4;

/** thick: width of the line in pixels of the canvas. */
export function drawCurve(c: CanvasRenderingContext2D, curve: Curve, frame: Frame, colour: string, thick: number): void {
  // one sample beyond either edge: the line goes on to there
  const first = Math.max(0, lowerBound(curve.x, frame.xMin) - 1);
  const last = Math.min(curve.x.length, lowerBound(curve.x, frame.xMax) + 1);
  c.save();
  c.beginPath();
  c.rect(frame.left, frame.top, frame.width, frame.height);
  c.clip();
  if (last - first > columnsFrom * frame.width) {
    c.fillStyle = colour;
    drawColumns(c, columnsOf(curve, frame, first, last), frame, Math.round(thick));
  } else {
    c.strokeStyle = colour;
    c.lineWidth = thick;
    c.lineJoin = "round";
    drawLine(c, curve, frame, first, last);
  }
  c.restore();
}
