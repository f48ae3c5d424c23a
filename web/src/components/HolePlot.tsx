// One hole in a small chart: torque above, thrust below, depth across, and the points of one or more labels as lines.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { http, type Reply } from "../api/client";
import { POINTS, type PointName } from "../api/types";
import { fixed } from "../text/format";
import { type Band, bandPath, decimalsOf, type HoleCurve, holeCurve, levelRange, niceTicks } from "./holeCurve";

/** A label to be drawn. The tone (1 to 8) and the pattern of the line tell several apart, the letter tells the point. */
export interface Marks {
  name: string;
  points: Record<PointName, { mm: number | null }>;
  tone?: number;
}

export const pointLetters: Record<PointName, string> = { entry: "E", transition: "T", exit: "X" };
const dashes = ["none", "6 3", "2 2", "8 2 2 2", "12 4", "4 4", "1 3", "10 3 1 3"];

const kept = new Map<string, Promise<HoleCurve>>();
const mostKept = 300;
/** Pairs of low and high over the record: about one for each pixel of a small chart, more where a part is enlarged. */
const coarse = 360;
const fine = 4000;

const columns = "depth,torque,thrust";

function curveOf({ data, headers }: Reply<ArrayBuffer>): HoleCurve {
  return holeCurve(new Float32Array(data), Number(headers.get("X-Gimlet-Rows")), headers.get("X-Gimlet-Pairs") === "1");
}

/** The curve of a record that is not in the data directory. */
export async function curveOfFile(record: Blob): Promise<HoleCurve> {
  return curveOf(await http.postForBytes("/signals", record, { columns, width: coarse }));
}

async function fetchCurve(id: string, pairs: number): Promise<HoleCurve> {
  return curveOf(await http.bytes(`/holes/${id}/signals`, { columns, width: pairs }));
}

/** The signals of a record never change, so what was loaded once is kept. */
function loadCurve(id: string, pairs: number): Promise<HoleCurve> {
  const key = `${id} ${pairs}`;
  let found = kept.get(key);
  if (!found) {
    found = fetchCurve(id, pairs);
    found.catch(() => kept.delete(key));
    kept.set(key, found);
    if (kept.size > mostKept) kept.delete(kept.keys().next().value as string);
  }
  return found;
}

/** Nothing is loaded before the chart comes near the screen. */
function useCurve(id: string, pairs: number, given: HoleCurve | undefined) {
  const place = useRef<HTMLDivElement>(null);
  const [curve, setCurve] = useState<HoleCurve | null>(given ?? null);
  const [failed, setFailed] = useState("");
  useEffect(() => {
    if (given) return setCurve(given);
    let wanted = true;
    setCurve(null);
    setFailed("");
    const watcher = new IntersectionObserver(
      (entries) => {
        if (!entries.some((e) => e.isIntersecting)) return;
        watcher.disconnect();
        loadCurve(id, pairs).then(
          (loaded) => wanted && setCurve(loaded),
          (cause: unknown) => wanted && setFailed(cause instanceof Error ? cause.message : String(cause)),
        );
      },
      { rootMargin: "200px" },
    );
    if (place.current) watcher.observe(place.current);
    return () => {
      wanted = false;
      watcher.disconnect();
    };
  }, [id, pairs, given]);
  return { place, curve, failed };
}

export interface HolePlotProps {
  id: string;
  marks: Marks[];
  /** What the chart shows, for a screen reader. */
  title: string;
  width?: number;
  height?: number;
  /** A part of the depth instead of all of it. */
  range?: [number, number];
  /** Signals that the server does not keep. */
  curve?: HoleCurve;
  onPick?: (mm: number) => void;
}

export function HolePlot(props: HolePlotProps) {
  const { place, curve, failed } = useCurve(props.id, props.range ? fine : coarse, props.curve);
  const width = props.width ?? 320;
  const height = props.height ?? 150;
  return (
    <div class="hole-plot" ref={place} style={{ aspectRatio: `${width} / ${height}` }}>
      {failed ? (
        <p class="hole-plot-note" role="alert">
          {failed}
        </p>
      ) : curve ? (
        <Picture {...props} curve={curve} width={width} height={height} />
      ) : (
        <p class="hole-plot-note">Loading …</p>
      )}
    </div>
  );
}

const left = 30;
const right = 6;
const bottom = 16;

function Picture({
  curve,
  marks,
  title,
  width,
  height,
  range,
  onPick,
}: HolePlotProps & { curve: HoleCurve; width: number; height: number }) {
  const clip = useId();
  const [from, to] = range ?? [curve.depth[0] ?? 0, curve.depth[curve.depth.length - 1] ?? 1];
  const span = Math.max(to - from, 1e-6);
  const top = 4 + 10 * Math.max(1, marks.length);
  const half = (height - top - bottom - 4) / 2;
  const x = (mm: number) => left + ((mm - from) / span) * (width - left - right);
  const ticks = niceTicks(from, to, width / 60);
  const digits = decimalsOf((ticks[1] ?? 1) - (ticks[0] ?? 0));
  const pick = (event: MouseEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * width;
    onPick?.(from + ((at - left) / (width - left - right)) * span);
  };
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${title}. ${describe(marks)}`}
      onClick={onPick ? pick : undefined}
    >
      <clipPath id={clip}>
        <rect x={left} y={0} width={width - left - right} height={height} />
      </clipPath>
      {ticks.map((mm) => (
        <g key={mm}>
          <line class="grid" x1={x(mm)} x2={x(mm)} y1={top} y2={height - bottom} />
          <text x={x(mm)} y={height - 4} text-anchor="middle">
            {fixed(mm, digits)}
          </text>
        </g>
      ))}
      <text x={2} y={height - 4}>
        mm
      </text>
      <Level
        name="torque"
        unit="A"
        band={curve.torque}
        curve={curve}
        x={x}
        y0={top}
        y1={top + half}
        clip={clip}
        width={width}
      />
      <Level
        name="thrust"
        unit="A"
        band={curve.thrust}
        curve={curve}
        x={x}
        y0={top + half + 4}
        y1={height - bottom}
        clip={clip}
        width={width}
      />
      <g clip-path={`url(#${clip})`}>
        {marks.map((set, row) => (
          <MarkSet key={set.name} set={set} row={row} of={marks.length} x={x} top={top} bottom={height - bottom} />
        ))}
      </g>
    </svg>
  );
}

function Level(props: {
  name: string;
  unit: string;
  band: Band;
  curve: HoleCurve;
  x: (mm: number) => number;
  y0: number;
  y1: number;
  clip: string;
  width: number;
}) {
  const [low, high] = levelRange(props.band);
  const y = (level: number) => props.y1 - ((Math.min(level, high) - low) / (high - low)) * (props.y1 - props.y0);
  const ticks = niceTicks(low, high, 2);
  const top = ticks[ticks.length - 1] ?? high;
  return (
    <g>
      <line class="axis" x1={left} x2={props.width - right} y1={y(0)} y2={y(0)} />
      {y(0) - y(top) > 9 && (
        <text x={left - 3} y={y(top) + 4} text-anchor="end">
          {fixed(top, decimalsOf(top))}
        </text>
      )}
      <text x={left - 3} y={y(0) + 3} text-anchor="end">
        {props.unit}
      </text>
      <text class={`name ${props.name}`} x={left + 3} y={props.y0 + 9}>
        {props.name}
      </text>
      <path
        class={`band ${props.name}`}
        clip-path={`url(#${props.clip})`}
        d={bandPath(props.curve.depth, props.band, props.x, y)}
      />
    </g>
  );
}

function MarkSet(props: { set: Marks; row: number; of: number; x: (mm: number) => number; top: number; bottom: number }) {
  const { set, row, x } = props;
  return (
    <g class={set.tone ? `marks mark-${set.tone}` : "marks"}>
      {POINTS.map((point) => {
        const mm = set.points[point].mm;
        if (mm === null) return null;
        return (
          <g key={point} class={set.tone === undefined ? point : undefined}>
            <line
              x1={x(mm)}
              x2={x(mm)}
              y1={4 + row * 10 + 8}
              y2={props.bottom}
              stroke-dasharray={dashes[row % dashes.length]}
            />
            <text x={x(mm)} y={12 + row * 10} text-anchor="middle">
              {pointLetters[point]}
            </text>
            <title>{`${set.name}: ${point} ${fixed(mm, 2)} mm`}</title>
          </g>
        );
      })}
    </g>
  );
}

function describe(marks: Marks[]): string {
  return marks
    .map(
      (set) =>
        `${set.name}: ${POINTS.map((p) => `${p} ${set.points[p].mm === null ? "absent" : `${fixed(set.points[p].mm, 2)} mm`}`).join(", ")}`,
    )
    .join("; ");
}

/** What the lines of a chart with several labels mean. */
export function MarksLegend({ marks, children }: { marks: Marks[]; children?: ComponentChildren }) {
  return (
    <ul class="marks-legend">
      {marks.map((set, row) => (
        <li key={set.name}>
          <svg width="26" height="10" aria-hidden="true">
            <g class={set.tone ? `marks mark-${set.tone}` : "marks"}>
              <line x1="0" x2="26" y1="5" y2="5" stroke-dasharray={dashes[row % dashes.length]} />
            </g>
          </svg>
          {set.name}
        </li>
      ))}
      {children}
    </ul>
  );
}
