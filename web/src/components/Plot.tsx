// A chart on uPlot in the colours of the theme, as wide as its place. For curves and scatter on any page; the charts of
// the Review page have an axis of their own (pages/review).
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { colour, theme } from "../state/theme";
import { useStore } from "../state/store";

export interface PlotSeries {
  label: string;
  /** 1-8: --s1 to --s8 */
  colour: number;
  dash?: number[];
  width?: number;
  /** Points instead of a line. */
  points?: boolean;
  digits?: number;
}

export interface PlotProps {
  /** Read out by screen readers: what the chart shows. */
  label: string;
  /** whole: ticks only at whole numbers, as for epochs. */
  x: { label: string; time?: boolean; min?: number; max?: number; whole?: boolean };
  y: { label: string; min?: number; max?: number; log?: boolean };
  series: PlotSeries[];
  /** x first, then one array per series; x ascending; null = no value. */
  data: uPlot.AlignedData;
  height?: number;
  /** Names and values under the chart; not where there are too many lines. */
  legend?: boolean;
  onClick?: (index: number) => void;
}

const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

export const plotFont = "11px Inter, system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** 1, 2 or 5 times a power of ten, at or below (up: at or above) a value. */
function roundLog(value: number, up: boolean): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const part = value / power;
  const step = up ? [1, 2, 5, 10].find((s) => s >= part - 1e-9) : [5, 2, 1].find((s) => s <= part + 1e-9);
  return (step ?? 1) * power;
}

/** Close to the data instead of out to whole powers of ten. */
const logRange: uPlot.Range.Function = (_, low, high) => (low > 0 && high > 0 ? [roundLog(low, false), roundLog(high, true)] : [0.1, 1]);

function axis(label: string, size: number): uPlot.Axis {
  const soft = colour("--soft");
  return {
    label,
    labelSize: 18,
    labelFont: plotFont,
    font: plotFont,
    size,
    stroke: soft,
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { stroke: colour("--grid"), width: 1, size: 4 },
  };
}

function seriesOf(series: PlotSeries): uPlot.Series {
  const stroke = colour(`--s${series.colour}`);
  const digits = series.digits ?? 3;
  return {
    label: series.label,
    stroke,
    width: series.points ? 0 : (series.width ?? 1.5),
    ...(series.dash ? { dash: series.dash } : {}),
    ...(series.points ? { paths: () => null } : {}),
    // A line of a single value would not be seen.
    points: { show: series.points ? true : (u) => u.data[0].length < 2, size: 5, fill: stroke, stroke },
    value: (_, value) => (value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−")),
  };
}

export function Plot(props: PlotProps) {
  const { label, data, height = 220 } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = useStore(theme, (value) => value.dark);
  const shape = JSON.stringify([props.x, props.y, props.series, height]);
  const onClick = useRef(props.onClick);
  onClick.current = props.onClick;

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const range = (min?: number, max?: number): uPlot.Scale => ({
      range: (_, low, high) => {
        if (low === null || high === null) return [min ?? 0, max ?? 1];
        const pad = (high - low || Math.abs(high) || 1) * 0.05;
        return [min ?? low - pad, max ?? high + pad];
      },
    });
    const chart = new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height,
        scales: {
          x: { time: props.x.time ?? false, ...(props.x.min !== undefined ? range(props.x.min, props.x.max) : {}) },
          y: props.y.log ? { distr: 3, range: logRange } : range(props.y.min, props.y.max),
        },
        axes: [{ ...axis(props.x.label, 34), ...(props.x.whole ? { incrs: wholeSteps } : {}) }, axis(props.y.label, 48)],
        series: [{ label: props.x.label }, ...props.series.map(seriesOf)],
        cursor: { points: { size: 6 }, drag: { x: true, y: false } },
        legend: { show: props.legend ?? true, live: true },
      },
      data,
      place,
    );
    chart.over.addEventListener("click", () => {
      const index = chart.cursor.idx;
      if (index !== null && index !== undefined) onClick.current?.(index);
    });
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: Math.max(200, place.clientWidth), height }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape, dark]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div class="plot" role="img" aria-label={label} ref={box} />;
}
