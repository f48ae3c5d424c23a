// The strip below the charts: the whole hole with all markers, and a window that shows and moves what is in view.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { POINTS } from "../../api/types";
import { useStore } from "../../state/store";
import { colour, theme } from "../../state/theme";
import { chartData, gutter } from "./chart";
import { xOfMm } from "./depthAxis";
import { editor } from "./labelEditor";
import type { LoadedHole } from "./holeCache";
import { dashes } from "./overlay";
import { shown, view } from "./reviewView";

const height = 40;

function paint(canvas: HTMLCanvasElement, width: number, hole: LoadedHole, curve: OffscreenCanvas): void {
  const c = canvas.getContext("2d");
  if (!c) return;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, width, height);
  c.drawImage(curve, 0, 0, width, height);
  const { fullMin, fullMax, min, max, kind } = view.now;
  const px = (x: number) => ((x - fullMin) / (fullMax - fullMin)) * width;
  for (const name of POINTS) {
    const mm = editor.get().points[name];
    if (mm === null) continue;
    c.strokeStyle = colour(`--${name}`);
    c.lineWidth = 1.5;
    c.setLineDash(dashes[name].map((n) => n / 2));
    c.beginPath();
    const x = Math.round(px(xOfMm(hole.axis, kind, mm))) + 0.5;
    c.moveTo(x, 0);
    c.lineTo(x, height);
    c.stroke();
  }
  c.setLineDash([]);
  const from = Math.max(0, px(min));
  const to = Math.min(width, px(max));
  c.fillStyle = colour("--ground");
  c.globalAlpha = 0.72;
  c.fillRect(0, 0, from, height);
  c.fillRect(to, 0, width - to, height);
  c.globalAlpha = 1;
  c.strokeStyle = colour("--accent");
  c.lineWidth = 1.5;
  c.strokeRect(from + 0.75, 0.75, Math.max(3, to - from - 1.5), height - 1.5);
}

/** Torque as lowest and highest value per pixel, drawn once: only the frame over it moves. */
function curveOf(hole: LoadedHole, width: number): OffscreenCanvas {
  const { x, columns } = chartData(hole, view.now.kind);
  const values = columns.torque;
  const { fullMin, fullMax } = view.now;
  const low = new Float64Array(width).fill(Infinity);
  const high = new Float64Array(width).fill(-Infinity);
  let top = 1;
  for (let i = 0; i < x.length; i++) {
    const value = values[i] ?? NaN;
    const pixel = Math.min(width - 1, Math.max(0, Math.floor((((x[i] ?? 0) - fullMin) / (fullMax - fullMin)) * width)));
    if (!(value === value)) continue;
    low[pixel] = Math.min(low[pixel] ?? value, value);
    high[pixel] = Math.max(high[pixel] ?? value, value);
    top = Math.max(top, value);
  }
  const path = new Path2D();
  const y = (value: number) => height - 3 - (Math.max(0, value) / top) * (height - 8);
  for (let pixel = 0; pixel < width; pixel++) {
    if ((low[pixel] ?? Infinity) === Infinity) continue;
    path.lineTo(pixel + 0.5, y(low[pixel] ?? 0));
    path.lineTo(pixel + 0.5, y(high[pixel] ?? 0));
  }
  const ratio = devicePixelRatio || 1;
  const picture = new OffscreenCanvas(Math.max(1, Math.round(width * ratio)), Math.round(height * ratio));
  const c = picture.getContext("2d");
  if (c) {
    c.scale(ratio, ratio);
    c.strokeStyle = colour("--s2");
    c.globalAlpha = 0.8;
    c.stroke(path);
  }
  return picture;
}

export function Overview({ hole }: { hole: LoadedHole }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const axis = useStore(shown, (value) => value.axis);
  const dark = useStore(theme, (value) => value.dark);

  useLayoutEffect(() => {
    const place = box.current;
    if (!place) return;
    const observer = new ResizeObserver(() => setWidth(Math.floor(place.clientWidth)));
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const over = canvas.current;
    if (!over || width <= 0) return;
    const curve = curveOf(hole, width);
    const draw = () => paint(over, width, hole, curve);
    const stop = [view.subscribe(draw), editor.subscribe(() => view.changed())];
    draw();
    return () => {
      for (const end of stop) end();
    };
  }, [hole.signals, width, axis, dark]);

  const moveTo = (event: PointerEvent) => {
    if (event.buttons !== 1) return;
    const left = canvas.current?.getBoundingClientRect().left ?? 0;
    const { fullMin, fullMax, min, max } = view.now;
    const x = fullMin + ((event.clientX - left) / width) * (fullMax - fullMin);
    view.show(x - (max - min) / 2, x + (max - min) / 2);
  };
  return (
    <div class="overview" style={{ marginLeft: `${gutter.left}px`, marginRight: `${gutter.right}px` }} ref={box}>
      <canvas
        ref={canvas}
        role="img"
        aria-label="The whole hole; the frame is what the charts show"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          moveTo(event);
        }}
        onPointerMove={moveTo}
        onDblClick={() => view.fit()}
      />
    </div>
  );
}
