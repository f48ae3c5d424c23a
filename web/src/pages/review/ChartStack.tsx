// The centre: rail of markers, four charts on one x-state, and the layer painted over them. Panning and zooming repaints
// without Preact: one frame for all charts, however many events came in.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import type { PointName } from "../../api/types";
import { userName } from "../../state/session";
import { useStore } from "../../state/store";
import { theme } from "../../state/theme";
import { chartData, charts, makeChart, setChartData, type ChartData } from "./chart";
import { cursors } from "./cursors";
import { editor } from "./labelEditor";
import { MarkerFlags } from "./MarkerFlags";
import type { LoadedHole } from "./holeCache";
import { paintOverlay, type Scene } from "./overlay";
import { placeFlags } from "./flags";
import { pointerHandlers } from "./pointer";
import { shown, view } from "./reviewView";
import { candidatesFor } from "./snap";
import { ghostRows, headHeight, lanes, type Stage } from "./stage";

export interface DragState {
  point: PointName;
  reason: string;
}

/** Heights of the four plots in what the head leaves over. */
function layOut(size: { width: number; height: number }, nRows: number): Pick<Stage, "width" | "height" | "plots"> {
  const weights = charts.reduce((sum, spec) => sum + spec.weight, 0);
  const room = Math.max(200, size.height - headHeight(nRows) - 24); // the last chart also has the axis
  let at = headHeight(nRows);
  const plots = charts.map((spec, i) => {
    const height = Math.round((room * spec.weight) / weights) + (i === charts.length - 1 ? 24 : 0);
    at += height;
    return { top: at - height, height };
  });
  return { ...size, plots };
}

export function ChartStack({ hole }: { hole: LoadedHole }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<DragState | null>(null);
  const dark = useStore(theme, (value) => value.dark);
  const { axis, rule, predictions, note } = useStore(shown);
  const [size, setSize] = useState({ width: 0, height: 0 });

  const rows = useMemo(
    () => ghostRows(hole.detail.ghosts, { rule, predictions }, userName()),
    [hole.detail.ghosts, rule, predictions],
  );
  const places = useMemo(() => layOut(size, rows.length), [size, rows.length]);
  const stage = useMemo<Stage>(
    () => ({ ...places, rows, view, phaseTop: 2 * lanes.flag, ghostTop: 2 * lanes.flag + lanes.phase }),
    [places, rows],
  );
  const data = useMemo(() => chartData(hole, axis), [hole.signals, axis]);
  // what is painted: the charts stay when another hole is put into them
  const live = useRef({ hole, stage, data });
  live.current = { hole, stage, data };
  const plots = useRef<{ list: uPlot[]; data: ChartData } | null>(null);

  useLayoutEffect(() => {
    const place = box.current;
    if (!place) return;
    const observer = new ResizeObserver(() => setSize({ width: place.clientWidth, height: place.clientHeight }));
    observer.observe(place);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const place = box.current;
    const over = canvas.current;
    if (!place || !over || size.width === 0) return;
    const hosts = [...place.querySelectorAll<HTMLElement>(".chart")];
    const list = charts.map((spec, i) => {
      const host = hosts[i] as HTMLElement;
      const plot = places.plots[i] ?? { top: 0, height: 60 };
      host.style.top = `${plot.top}px`;
      const dims = { width: size.width, height: plot.height };
      return makeChart(spec, axis, () => live.current.data, dims, () => shown.get().yLocked, host);
    });
    plots.current = { list, data };
    const paint = () => {
      const { min, max } = view.now;
      for (const plot of list) {
        if (plot.scales.x?.min !== min || plot.scales.x.max !== max) plot.setScale("x", { min, max });
      }
      const scene = sceneOf(live.current, drag.current);
      paintOverlay(over, scene);
      placeFlags(place, scene.stage, scene.axis, scene.points, cursors.get());
    };
    let locked = shown.get().yLocked;
    const watchShown = () => {
      const { yLocked } = shown.get();
      if (locked !== yLocked) for (const plot of list) plot.setScale("x", { min: view.now.min, max: view.now.max });
      locked = yLocked;
      view.changed();
    };
    const again = () => view.changed();
    const stop = [view.subscribe(paint), editor.subscribe(again), cursors.subscribe(again), shown.subscribe(watchShown)];
    paint();
    return () => {
      for (const end of stop) end();
      for (const plot of list) plot.destroy();
      plots.current = null;
    };
  }, [places, axis, dark]);

  useLayoutEffect(() => {
    const now = plots.current;
    if (now && now.data !== data) {
      setChartData(now.list, data, view.now);
      now.data = data;
    }
    view.changed();
  }, [stage, data, hole]);

  const handlers = useMemo(() => pointerHandlers(() => box.current, view, () => live.current, drag), []);
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    // wheel must be able to stop the page from scrolling, which a passive listener cannot
    place.addEventListener("wheel", handlers.wheel, { passive: false });
    return () => place.removeEventListener("wheel", handlers.wheel);
  }, [handlers]);

  return (
    <div
      class="stack"
      ref={box}
      onPointerDown={handlers.down}
      onPointerMove={handlers.move}
      onPointerUp={handlers.up}
      onPointerCancel={handlers.up}
      onPointerLeave={handlers.leave}
      onDblClick={handlers.double}
    >
      {charts.map((spec) => (
        <div key={spec.name} class="chart" />
      ))}
      <canvas ref={canvas} class="overlay" role="img" aria-label={`Depth, torque, thrust and steps of ${hole.detail.hole.file}`} />
      <MarkerFlags hole={hole} />
      <p class="hidden" role="status">
        {note?.reason}
      </p>
    </div>
  );
}

function sceneOf(live: { hole: LoadedHole; stage: Stage; data: ChartData }, dragging: DragState | null): Scene {
  const { hole, stage, data } = live;
  const { selected } = shown.get();
  const measuring = cursors.get();
  return {
    stage,
    axis: hole.axis,
    data,
    points: editor.get().points,
    selected,
    steps: hole.detail.steps,
    candidates: candidatesFor(hole.detail.candidates, dragging?.point ?? selected),
    dragging: dragging !== null,
    note: dragging ?? shown.get().note,
    cursors: measuring.on ? measuring : null,
  };
}
