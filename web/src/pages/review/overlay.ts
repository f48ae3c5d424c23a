// What lies over the charts, painted on one canvas in every frame: phases, steps, ghosts, evidence, markers, cursors, and
// the values under the mouse.
import { POINTS, type Candidate, type PointName, type Step } from "../../api/types";
import { colour } from "../../state/theme";
import { fixed, signed } from "../../text/format";
import { charts, gutter, type ChartData, type ChartName } from "./chart";
import { lowerBound, xOfMm, type AxisKind, type DepthAxis } from "./depthAxis";
import { phases, type Depths } from "./derived";
import { lanes, plotWidth, pxOfX, type GhostRow, type Stage } from "./stage";

export interface Scene {
  stage: Stage;
  axis: DepthAxis;
  data: ChartData;
  points: Depths;
  selected: PointName;
  steps: Step[];
  candidates: Candidate[];
  /** While a marker is dragged, all evidence that it could snap to is shown. */
  dragging: boolean;
  /** Why a marker stands where it stands. */
  note: { point: PointName; reason: string } | null;
  cursors: { a: number; b: number } | null;
}

export const dashes: Record<PointName, number[]> = { entry: [], transition: [7, 4], exit: [14, 3, 2, 3] };
const font = (size: number, weight = 400) => `${weight} ${size}px Inter, system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif`;

interface Pen {
  c: CanvasRenderingContext2D;
  scene: Scene;
  kind: AxisKind;
  left: number;
  right: number;
}

const px = (pen: Pen, mm: number) => pxOfX(pen.scene.stage, xOfMm(pen.scene.axis, pen.kind, mm));
const inView = (pen: Pen, x: number) => x >= pen.left - 1 && x <= pen.right + 1;

function line(c: CanvasRenderingContext2D, x: number, top: number, bottom: number): void {
  c.beginPath();
  c.moveTo(Math.round(x) + 0.5, top);
  c.lineTo(Math.round(x) + 0.5, bottom);
  c.stroke();
}

/** ▼ entry, ◆ transition, ▲ exit about a point. */
function shape(c: CanvasRenderingContext2D, name: PointName, x: number, y: number, r: number): void {
  c.beginPath();
  if (name === "entry") {
    c.moveTo(x - r, y - r * 0.8);
    c.lineTo(x + r, y - r * 0.8);
    c.lineTo(x, y + r);
  } else if (name === "exit") {
    c.moveTo(x - r, y + r * 0.8);
    c.lineTo(x + r, y + r * 0.8);
    c.lineTo(x, y - r);
  } else {
    c.moveTo(x, y - r);
    c.lineTo(x + r, y);
    c.lineTo(x, y + r);
    c.lineTo(x - r, y);
  }
  c.closePath();
}

function paintPhases(pen: Pen): void {
  const { c, scene } = pen;
  const { stage } = scene;
  const tints = [null, colour("--layer-1"), colour("--layer-2")];
  const bottom = stage.height - 24;
  c.font = font(10.5, 600);
  c.textBaseline = "middle";
  for (const phase of phases(scene.points)) {
    const from = Math.max(pen.left, phase.from === -Infinity ? pen.left : px(pen, phase.from));
    const to = Math.min(pen.right, phase.to === Infinity ? pen.right : px(pen, phase.to));
    if (to <= from) continue;
    const tint = tints[phase.tint];
    if (tint) {
      c.fillStyle = tint;
      c.globalAlpha = 0.16;
      c.fillRect(from, stage.phaseTop + lanes.phase, to - from, bottom - stage.phaseTop - lanes.phase);
      c.globalAlpha = 0.42;
    } else {
      c.fillStyle = colour("--rule");
      c.globalAlpha = 0.6;
    }
    c.fillRect(from, stage.phaseTop, to - from, lanes.phase - 2);
    c.globalAlpha = 1;
    const thickness = Number.isFinite(phase.to - phase.from) ? `${phase.name}  ${fixed(phase.to - phase.from, 2)} mm` : phase.name;
    const text = c.measureText(thickness).width + 8 < to - from ? thickness : phase.name;
    if (c.measureText(text).width + 6 > to - from) continue;
    c.fillStyle = colour("--ink");
    c.textAlign = "center";
    c.fillText(text, (from + to) / 2, stage.phaseTop + lanes.phase / 2 - 0.5);
  }
}

function paintGhostRow(pen: Pen, row: GhostRow, top: number): void {
  const { c, scene } = pen;
  const middle = top + lanes.ghost / 2;
  c.font = font(10);
  c.textAlign = "right";
  c.textBaseline = "middle";
  c.fillStyle = colour("--soft");
  const title = row.title.length > 9 ? `${row.title.slice(0, 8)}…` : row.title;
  c.fillText(title, gutter.left - 5, middle);
  c.fillStyle = colour("--grid");
  c.fillRect(pen.left, middle, pen.right - pen.left, 1);
  for (const ghost of row.ghosts) {
    for (const name of POINTS) {
      const mm = ghost.points[name].mm;
      if (mm === null) continue;
      const x = px(pen, mm);
      if (!inView(pen, x)) continue;
      c.strokeStyle = c.fillStyle = colour(`--${name}`);
      if (row.kind === "folds") {
        c.globalAlpha = 0.55;
        c.fillRect(x - 0.75, middle - 5, 1.5, 10);
        c.globalAlpha = 1;
        continue;
      }
      c.lineWidth = 1.3;
      shape(c, name, x, middle, 4);
      if (row.kind === "model") c.fill();
      else {
        c.fillStyle = colour("--paper");
        c.fill();
        c.stroke();
      }
      paintDelta(pen, mm, scene.points[name], x, middle);
    }
  }
}

/** How far a ghost lies from the marker, mm, printed beside it. */
function paintDelta(pen: Pen, mm: number, own: number | null, x: number, y: number): void {
  if (own === null || Math.abs(mm - own) < 0.005) return;
  const { c } = pen;
  const side = mm < own ? -1 : 1; // away from the marker's line
  c.textAlign = side < 0 ? "right" : "left";
  c.fillStyle = colour("--soft");
  c.fillText(signed(mm - own, 2), x + 7 * side, y);
}

function paintSteps(pen: Pen): void {
  const { c, scene } = pen;
  const plot = scene.stage.plots[3];
  if (!plot) return;
  const x = (row: number) =>
    pen.kind === "time" ? pxOfX(scene.stage, row * scene.axis.secondsPerRow) : px(pen, depthOfRow(scene, row));
  const bottom = plot.top + plot.height - 24;
  c.font = font(10.5);
  c.textBaseline = "alphabetic";
  for (const step of scene.steps) {
    const from = Math.max(pen.left, x(step.first));
    const end = x(step.first + step.count - 1);
    const to = Math.min(pen.right, end);
    if (to <= from) continue;
    c.strokeStyle = colour("--s4");
    c.lineWidth = 1;
    c.setLineDash([2, 3]);
    if (inView(pen, end)) line(c, end, scene.stage.plots[0]?.top ?? 0, bottom);
    c.setLineDash([]);
    const full = step.stop_text ? `step ${step.step} until ${step.stop_text}` : `step ${step.step}`;
    const text = c.measureText(full).width + 10 < to - from ? full : `${step.step}`;
    if (c.measureText(text).width + 4 > to - from) continue;
    c.fillStyle = colour("--paper");
    c.textAlign = "right";
    const width = c.measureText(text).width;
    c.globalAlpha = 0.8;
    c.fillRect(to - width - 7, bottom - 15, width + 5, 13);
    c.globalAlpha = 1;
    c.fillStyle = colour("--s4");
    c.fillText(text, to - 4, bottom - 5);
  }
}

function depthOfRow(scene: Scene, row: number): number {
  const { front, frontMm } = scene.axis;
  return frontMm[Math.min(frontMm.length - 1, lowerBound(front, row))] ?? 0;
}

function paintEvidence(pen: Pen): void {
  const { c, scene } = pen;
  const { stage, dragging } = scene;
  const y = stage.phaseTop + lanes.phase - 2;
  c.fillStyle = c.strokeStyle = colour(`--${scene.selected}`);
  for (const item of scene.candidates) {
    const x = px(pen, item.mm);
    if (!inView(pen, x)) continue;
    c.beginPath();
    c.arc(x, y - 2, 2.2 + 1.6 * item.strength, 0, 7);
    c.globalAlpha = 0.8;
    c.fill();
    if (dragging) {
      c.lineWidth = 1;
      c.setLineDash([1, 3]);
      line(c, x, y, stage.height - 24);
      c.setLineDash([]);
    }
    c.globalAlpha = 1;
  }
}

function paintMarkers(pen: Pen): void {
  const { c, scene } = pen;
  const bottom = scene.stage.height - 24;
  for (const name of POINTS) {
    const mm = scene.points[name];
    if (mm === null) continue;
    const x = px(pen, mm);
    if (!inView(pen, x)) continue;
    c.strokeStyle = colour(`--${name}`);
    c.lineWidth = scene.selected === name ? 2 : 1.2;
    c.setLineDash(dashes[name]);
    line(c, x, name === "transition" ? lanes.flag - 2 : 2 * lanes.flag - 2, bottom);
    c.setLineDash([]);
  }
}

function tag(pen: Pen, text: string, x: number, y: number, ground: string, ink: string): void {
  const { c } = pen;
  c.font = font(11, 600);
  let shown = text;
  while (shown.length > 8 && c.measureText(shown).width > pen.right - pen.left - 40) shown = `${shown.slice(0, -9)}…`;
  const width = c.measureText(shown).width + 12;
  const left = Math.min(Math.max(pen.left, x), pen.right - width);
  c.fillStyle = ground;
  c.beginPath();
  c.roundRect(left, y, width, 19, 4);
  c.fill();
  c.fillStyle = ink;
  c.textAlign = "left";
  c.textBaseline = "middle";
  c.fillText(shown, left + 6, y + 10);
}

function paintReason(pen: Pen): void {
  const { note, points, stage } = pen.scene;
  const mm = note ? points[note.point] : null;
  if (!note?.reason || mm === null) return;
  tag(pen, note.reason, px(pen, mm) + 8, (stage.plots[0]?.top ?? 0) + 6, colour(`--${note.point}`), colour("--paper"));
}

function paintCursors(pen: Pen): void {
  const { c, scene } = pen;
  if (!scene.cursors) return;
  const x = (row: number) =>
    pen.kind === "time" ? pxOfX(scene.stage, row * scene.axis.secondsPerRow) : px(pen, depthOfRow(scene, row));
  const a = x(scene.cursors.a);
  const b = x(scene.cursors.b);
  const top = scene.stage.plots[0]?.top ?? 0;
  const bottom = scene.stage.height - 24;
  c.fillStyle = colour("--ink");
  c.globalAlpha = 0.06;
  const from = Math.max(pen.left, Math.min(a, b));
  c.fillRect(from, top, Math.max(0, Math.min(pen.right, Math.max(a, b)) - from), bottom - top);
  c.globalAlpha = 1;
  c.strokeStyle = colour("--ink");
  c.lineWidth = 1;
  for (const [name, at] of [["A", a], ["B", b]] as const) {
    if (!inView(pen, at)) continue;
    line(c, at, top, bottom);
    tag(pen, name, at - 9, bottom - 20, colour("--ink"), colour("--paper"));
  }
}

function valueAt(scene: Scene, name: ChartName, x: number): number {
  const i = Math.min(scene.data.x.length - 1, lowerBound(scene.data.x, x));
  return scene.data.columns[name][i] ?? NaN;
}

function paintAxisUnit(pen: Pen): void {
  const { c, scene } = pen;
  c.font = font(11);
  c.textAlign = "right";
  c.textBaseline = "alphabetic";
  c.fillStyle = colour("--soft");
  c.fillText(pen.kind === "time" ? "s" : "mm", gutter.left - 6, scene.stage.height - 7);
}

/** Titles of the charts, and with the mouse over them the hair line and the values there. */
function paintReadout(pen: Pen): void {
  const { c, scene } = pen;
  const hair = scene.stage.view.now.hair;
  if (hair !== null) {
    c.strokeStyle = colour("--strong-rule");
    c.lineWidth = 1;
    line(c, pxOfX(scene.stage, hair), scene.stage.plots[0]?.top ?? 0, scene.stage.height - 24);
  }
  charts.forEach((spec, i) => {
    const plot = scene.stage.plots[i];
    if (!plot) return;
    const unit = spec.unit(pen.kind);
    const value = hair === null ? unit : `${fixed(valueAt(scene, spec.name, hair), spec.digits)} ${unit}`;
    c.textBaseline = "top";
    c.textAlign = "left";
    c.font = font(11, 650);
    const title = spec.title(pen.kind);
    const width = c.measureText(title).width;
    c.fillStyle = colour("--paper");
    c.globalAlpha = 0.75;
    // depth grows downwards and begins in the upper left corner: its title stands below the curve
    const top = spec.name === "depth" && pen.kind === "time" ? plot.top + plot.height - 24 : plot.top;
    c.fillRect(pen.left + 4, top + 4, width + 16 + c.measureText(value).width, 16);
    c.globalAlpha = 1;
    c.fillStyle = colour(spec.stroke);
    c.fillText(title, pen.left + 8, top + 6);
    c.font = font(11);
    c.fillStyle = colour(hair === null ? "--soft" : "--ink");
    c.fillText(value, pen.left + 14 + width, top + 6);
  });
}

export function paintOverlay(canvas: HTMLCanvasElement, scene: Scene): void {
  const c = canvas.getContext("2d");
  if (!c) return;
  const { stage } = scene;
  const ratio = devicePixelRatio || 1;
  const width = Math.round(stage.width * ratio);
  const height = Math.round(stage.height * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, stage.width, stage.height);
  const pen: Pen = { c, scene, kind: stage.view.now.kind, left: gutter.left, right: gutter.left + plotWidth(stage) };
  paintPhases(pen);
  stage.rows.forEach((row, i) => paintGhostRow(pen, row, stage.ghostTop + i * lanes.ghost));
  paintSteps(pen);
  paintCursors(pen);
  paintMarkers(pen);
  paintEvidence(pen);
  paintReadout(pen);
  paintAxisUnit(pen);
  paintReason(pen);
}
