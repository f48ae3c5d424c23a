// One of the four charts: uPlot without its own cursor, legend and selection, since those are shared by all four.
import uPlot from "uplot";
import { plotFont } from "../../components/Plot";
import { colour } from "../../state/theme";
import { drawCurve } from "./curve";
import type { AxisKind } from "./depthAxis";
import type { LoadedHole } from "./holeCache";

export const gutter = { left: 54, right: 14 };

export type ChartName = "depth" | "torque" | "thrust" | "step";

export interface ChartSpec {
  name: ChartName;
  title: (kind: AxisKind) => string;
  unit: (kind: AxisKind) => string;
  stroke: string;
  /** Share of the height. */
  weight: number;
  digits: number;
}

export const charts: ChartSpec[] = [
  {
    name: "depth",
    title: (kind) => (kind === "time" ? "Depth" : "Time"),
    unit: (kind) => (kind === "time" ? "mm" : "s"),
    stroke: "--s1",
    weight: 1.1,
    digits: 2,
  },
  { name: "torque", title: () => "Torque", unit: () => "A", stroke: "--s2", weight: 1.5, digits: 2 },
  { name: "thrust", title: () => "Thrust", unit: () => "A", stroke: "--s3", weight: 1.5, digits: 2 },
  { name: "step", title: () => "Step", unit: () => "", stroke: "--s4", weight: 0.62, digits: 0 },
];

/** x and the four columns on an axis. By depth only the rows of new depth are drawn, so that x grows. */
export interface ChartData {
  x: Float64Array;
  columns: Record<ChartName, Float32Array>;
}

export function chartData(hole: LoadedHole, kind: AxisKind): ChartData {
  const { signals, axis } = hole;
  if (kind === "time") {
    const x = new Float64Array(signals.rows);
    for (let row = 0; row < x.length; row++) x[row] = row * axis.secondsPerRow;
    return { x, columns: { depth: signals.depth, torque: signals.torque, thrust: signals.thrust, step: signals.step } };
  }
  const pick = (column: Float32Array) => Float32Array.from(axis.front, (row) => column[row] ?? NaN);
  const depth = Float32Array.from(axis.front, (row) => row * axis.secondsPerRow);
  return {
    x: axis.frontMm,
    columns: { depth, torque: pick(signals.torque), thrust: pick(signals.thrust), step: pick(signals.step) },
  };
}

function yRange(spec: ChartSpec, locked: () => boolean, full: () => [number, number]): uPlot.Scale.Range {
  return (_u, low, high) => {
    const [from, to] = locked() || low === null || high === null ? full() : [low, high];
    if (spec.name === "step") return [Math.min(from, 1) - 0.5, Math.max(to, 1) + 0.5];
    const pad = Math.max((to - from) * 0.08, spec.name === "depth" ? 0.05 : 0.2);
    return [from - pad, to + pad];
  };
}

function extent(values: Float32Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** NaN breaks uPlot's search for the extremes; null is its word for "no value". */
function gaps(values: Float32Array): ArrayLike<number | null> {
  return values.some(Number.isNaN) ? Array.from(values, (value) => (Number.isNaN(value) ? null : value)) : values;
}

const aligned = (spec: ChartSpec, data: ChartData) => [data.x, gaps(data.columns[spec.name])] as uPlot.AlignedData;

/** Put another hole into the charts that are there: much quicker than making them anew. */
export function setChartData(plots: uPlot[], data: ChartData, view: { min: number; max: number }): void {
  plots.forEach((plot, i) => {
    const spec = charts[i];
    if (!spec) return;
    plot.batch(() => {
      plot.setData(aligned(spec, data), false);
      plot.setScale("x", { min: view.min, max: view.max });
    });
  });
}

/** data: what the chart shows now; it is asked again for the full height when the vertical scale is locked. */
export function makeChart(
  spec: ChartSpec,
  kind: AxisKind,
  data: () => ChartData,
  size: { width: number; height: number },
  locked: () => boolean,
  place: HTMLElement,
): uPlot {
  const now = data();
  const soft = colour("--soft");
  const grid = { stroke: colour("--grid"), width: 1 };
  const isStep = spec.name === "step";
  const options: uPlot.Options = {
    ...size,
    pxAlign: 0,
    padding: [isStep ? 2 : 4, gutter.right, isStep ? 0 : 4, 0],
    cursor: { show: false },
    legend: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, auto: false, min: now.x[0] ?? 0, max: now.x[now.x.length - 1] ?? 1 },
      y: {
        range: yRange(spec, locked, () => extent(data().columns[spec.name])),
        dir: spec.name === "depth" && kind === "time" ? -1 : 1,
      },
    },
    axes: [
      {
        show: isStep,
        size: 24,
        gap: 3,
        font: plotFont,
        stroke: soft,
        grid: { show: false },
        ticks: { stroke: grid.stroke, width: 1, size: 4 },
        values: (_u, ticks) => ticks.map((tick) => `${tick}`.replace("-", "−")),
      },
      {
        size: gutter.left,
        gap: 4,
        font: plotFont,
        stroke: soft,
        grid,
        ticks: { show: false },
        space: 28,
        ...(isStep ? { incrs: [1, 2, 5, 10] } : {}),
        values: (_u, ticks) => ticks.map((tick) => (isStep && tick % 1 ? "" : `${tick}`.replace("-", "−"))),
      },
    ],
    series: [
      {},
      { points: { show: false }, paths: () => null },
    ],
    hooks: {
      drawSeries: [
        ({ ctx, bbox, scales }) => {
          const { x, columns } = data();
          const [top, bottom] = [scales.y?.max ?? 1, scales.y?.min ?? 0];
          const down = scales.y?.dir === -1;
          const frame = {
            ...bbox,
            xMin: scales.x?.min ?? 0,
            xMax: scales.x?.max ?? 1,
            yTop: down ? bottom : top,
            yBottom: down ? top : bottom,
          };
          drawCurve(ctx, { x, y: columns[spec.name], stepped: isStep }, frame, colour(spec.stroke), uPlot.pxRatio);
        },
      ],
    },
  };
  return new uPlot(options, aligned(spec, now), place);
}
