// The mouse on the charts: wheel zooms about the cursor, Shift+wheel and drag pan, double click fits, a marker's flag or
// line is dragged, Ctrl+click puts the chosen marker there.
import { POINTS, type PointName } from "../../api/types";
import { gutter } from "./chart";
import { cursors } from "./cursors";
import { placeAt } from "./drag";
import { pointTitle, type Depths } from "./derived";
import { rowOfX, xOfMm } from "./depthAxis";
import type { LoadedHole } from "./holeCache";
import { commit, editor, preview } from "./labelEditor";
import { shown } from "./reviewView";
import { plotWidth, pxOfX, xOfPx, type Stage } from "./stage";
import type { ViewState } from "./xView";

type Dragging = { current: { point: PointName; reason: string } | null };
/** What is on the screen now. */
interface Scene {
  hole: LoadedHole;
  stage: Stage;
}
type Grip =
  | { what: "marker"; id: string; point: PointName; moved: boolean; offset: number; before: Depths }
  | { what: "cursor"; name: "a" | "b" }
  | { what: "pan"; px: number };

const linePx = 5;

/** The marker whose line is under the mouse. */
function lineAt(stage: Stage, hole: LoadedHole, px: number): PointName | null {
  const { points } = editor.get();
  const near = POINTS.filter((name) => {
    const mm = points[name];
    return mm !== null && Math.abs(pxOfX(stage, xOfMm(hole.axis, stage.view.now.kind, mm)) - px) <= linePx;
  });
  const { selected } = shown.get();
  return near.includes(selected) ? selected : (near[0] ?? null);
}

/** Made once for the charts' life: a drag goes on while the hole is read again or the window changes its size. */
export function pointerHandlers(box: () => HTMLElement | null, view: ViewState, scene: () => Scene, drag: Dragging) {
  let grip: Grip | null = null;
  const pxOf = (event: MouseEvent) => event.clientX - (box()?.getBoundingClientRect().left ?? 0);
  const markerPx = (name: PointName) => {
    const { stage, hole } = scene();
    return pxOfX(stage, xOfMm(hole.axis, view.now.kind, editor.get().points[name] ?? 0));
  };

  const drop = () => {
    grip = null;
    drag.current = null;
    box()?.classList.remove("panning");
    view.changed();
  };

  const handAt = (px: number, event: PointerEvent) => ({ px, free: event.altKey, push: shown.get().push });

  const grab = (event: PointerEvent): Grip => {
    const target = event.target as HTMLElement;
    const flag = target.closest<HTMLElement>("[data-point]")?.dataset.point as PointName | undefined;
    const cursor = target.closest<HTMLElement>("[data-cursor]")?.dataset.cursor as "a" | "b" | undefined;
    const px = pxOf(event);
    if (cursor) return { what: "cursor", name: cursor };
    const { stage, hole } = scene();
    const { id, points: before } = editor.get();
    const marker = { what: "marker" as const, id, moved: false, before };
    if (flag) return { ...marker, point: flag, offset: px - markerPx(flag) };
    const line = lineAt(stage, hole, px);
    if (line) return { ...marker, point: line, offset: 0 };
    return { what: "pan", px };
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0 || editor.get().conflict) return;
    const px = pxOf(event);
    const place = box();
    if (event.ctrlKey || event.metaKey) {
      const { selected } = shown.get();
      const { stage, hole } = scene();
      const placed = placeAt(stage, hole, editor.get().points, selected, handAt(px, event));
      commit(`${pointTitle[selected]} set by click: ${placed.reason}`, {
        points: placed.points,
        rejected: false,
        reason: "",
      });
      return;
    }
    grip = grab(event);
    if (grip.what === "marker") shown.set({ selected: grip.point });
    place?.setPointerCapture(event.pointerId);
    place?.classList.toggle("panning", grip.what === "pan");
  };

  const move = (event: PointerEvent) => {
    const px = pxOf(event);
    const { stage, hole } = scene();
    if (grip?.what === "marker" && grip.id !== editor.get().id) drop(); // another hole has been opened by key
    if (!grip) {
      const inside = px >= gutter.left && px <= gutter.left + plotWidth(stage);
      view.setHair(inside ? xOfPx(stage, px) : null);
      box()?.classList.toggle("on-line", inside && lineAt(stage, hole, px) !== null);
      return;
    }
    if (grip.what === "pan") {
      view.pan((grip.px - px) / plotWidth(stage));
      grip.px = px;
    } else if (grip.what === "cursor") {
      cursors.set({ [grip.name]: rowOfX(hole.axis, view.now.kind, xOfPx(stage, px)) });
    } else {
      if (!grip.moved && Math.abs(px - grip.offset - markerPx(grip.point)) < 2) return;
      grip.moved = true;
      const placed = placeAt(stage, hole, grip.before, grip.point, handAt(px - grip.offset, event));
      drag.current = { point: grip.point, reason: placed.reason };
      view.now.hair = null;
      preview(placed.points);
      view.changed();
    }
  };

  const up = () => {
    if (grip?.what === "marker" && grip.moved && grip.id === editor.get().id) {
      const reason = drag.current?.reason.replace(/ {2}.*$/, "") ?? "";
      commit(`${pointTitle[grip.point]} dragged: ${reason}`, { rejected: false, reason: "" });
    }
    drop();
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    if (event.shiftKey) view.pan(((event.deltaY || event.deltaX) * unit) / 1000);
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan((event.deltaX * unit) / 1000);
    else view.zoom(Math.exp((event.deltaY * unit) / 500), xOfPx(scene().stage, pxOf(event)));
  };

  return {
    down,
    move,
    up,
    wheel,
    leave: () => !grip && view.setHair(null),
    double: (event: MouseEvent) => !(event.target as HTMLElement).closest("[data-point]") && view.fit(),
  };
}
