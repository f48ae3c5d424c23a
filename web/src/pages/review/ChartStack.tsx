// The centre: rail of markers, four charts on one x-state, and the layer painted over them. Panning and zooming repaints
// without Preact: one frame for all charts, however many events came in.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import type { PointName } from "../../api/types";
import { userName } from "../../state/session";
import { useStore } from "../../state/store";
import { theme } from "../../state/theme";
import { chartData, charts, gutter, makeChart } from "./chart";
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
function layOut(stage: Stage): void {
  const top = headHeight(stage.rows.length);
  const weights = charts.reduce((sum, spec) => sum + spec.weight, 0);
  const room = Math.max(200, stage.height - top - 24); // the last chart also has the axis
  let at = top;
  stage.plots = charts.map((spec, i) => {
    const height = Math.round((room * spec.weight) / weights) + (i === charts.length - 1 ? 24 : 0);
    const plot = { top: at, height };
    at += height;
    return plot;
  });
}

export function ChartStack({ hole }: { hole: LoadedHole }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<DragState | null>(null);
  const dark = useStore(theme, (value) => value.dark);
  const { axis, rule, predictions } = useStore(shown);
  const [size, setSize] = useState({ width: 0, height: 0 });

  const rows = useMemo(
    () => ghostRows(hole.detail.ghosts, { rule, predictions }, userName()),
    [hole.detail.ghosts, rule, predictions],
  );
  const stage = useMemo<Stage>(() => {
    const made: Stage = {
      ...size,
      phaseTop: 2 * lanes.flag,
      ghostTop: 2 * lanes.flag + lanes.phase,
      rows,
      plots: [],
      view,
    };
    layOut(made);
    return made;
  }, [size, rows]);
  const data = useMemo(() => chartData(hole, axis), [hole.signals, axis]);

  useLayoutEffect(() => {
    const place = box.current;
    if (!place) return;
    const observer = new ResizeObserver(() => setSize({ width: place.clientWidth, height: place.clientHeight }));
    observer.observe(place);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const place = box.current;
    const over = canvas.current;
    if (!place || !over || size.width === 0) return;
    const hosts = [...place.querySelectorAll<HTMLElement>(".chart")];
    const plots: uPlot[] = charts.map((spec, i) => {
      const host = hosts[i] as HTMLElement;
      const plot = stage.plots[i] ?? { top: 0, height: 60 };
      host.style.top = `${plot.top}px`;
      return makeChart(spec, axis, data, { width: size.width, height: plot.height }, () => shown.get().yLocked, host);
    });
    const paint = () => {
      const { min, max } = view.now;
      for (const plot of plots) {
        if (plot.scales.x?.min !== min || plot.scales.x.max !== max) plot.setScale("x", { min, max });
      }
      const { points } = editor.get();
      const { selected } = shown.get();
      const measuring = cursors.get();
      const scene: Scene = {
        stage,
        axis: hole.axis,
        data,
        points,
        selected,
        steps: hole.detail.steps,
        candidates: candidatesFor(hole.detail.candidates, drag.current?.point ?? selected),
        dragging: drag.current,
        cursors: measuring.on ? measuring : null,
      };
      paintOverlay(over, scene);
      placeFlags(place, stage, hole.axis, points, measuring);
    };
    const redraw = () => {
      for (const plot of plots) plot.redraw(true, true);
      view.changed();
    };
    let locked = shown.get().yLocked;
    const watchShown = () => {
      if (locked !== shown.get().yLocked) {
        locked = shown.get().yLocked;
        for (const plot of plots) plot.setScale("x", { min: view.now.min, max: view.now.max });
        redraw();
      }
      view.changed();
    };
    const stop = [
      view.subscribe(paint),
      editor.subscribe(() => view.changed()),
      cursors.subscribe(() => view.changed()),
      shown.subscribe(watchShown),
    ];
    paint();
    return () => {
      for (const end of stop) end();
      for (const plot of plots) plot.destroy();
    };
  }, [stage, data, dark, hole.signals, hole.detail]);

  const handlers = useMemo(() => pointerHandlers(() => box.current, stage, hole, drag), [stage, hole]);
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
      style={{ "--gutter": `${gutter.left}px` }}
    >
      {charts.map((spec) => (
        <div key={spec.name} class="chart" />
      ))}
      <canvas ref={canvas} class="overlay" role="img" aria-label={`Depth, torque, thrust and steps of ${hole.detail.hole.file}`} />
      <MarkerFlags hole={hole} />
    </div>
  );
}
