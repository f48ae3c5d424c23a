// Positions of the flags and of the cursors' handles, set directly in every frame.
import { POINTS, type PointName } from "../../api/types";
import { gutter } from "./chart";
import { mmOfRow, xOfMm, type DepthAxis } from "./depthAxis";
import type { Depths } from "./derived";
import { plotWidth, pxOfX, type Stage } from "./stage";

/** How a flag hangs on its pole: the entry's to the left, the exit's to the right, so that they never meet. */
const shift: Record<PointName, number> = { entry: 1, transition: 0.5, exit: 0 };

export function placeFlags(box: HTMLElement, stage: Stage, axis: DepthAxis, points: Depths, cursors: { on: boolean; a: number; b: number }): void {
  const left = gutter.left;
  const right = gutter.left + plotWidth(stage);
  const { kind } = stage.view.now;
  // all widths are read before anything is written: one layout a frame, not one a flag
  const flags = POINTS.flatMap((name) => {
    const flag = box.querySelector<HTMLElement>(`.flag.point-${name}`);
    const mm = points[name];
    return flag && mm !== null ? [{ name, flag, mm, width: flag.offsetWidth }] : [];
  });
  for (const { name, flag, mm, width } of flags) {
    const x = pxOfX(stage, xOfMm(axis, kind, mm));
    const at = Math.min(right - width, Math.max(left - (name === "entry" ? gutter.left - 2 : 0), x - shift[name] * width));
    flag.style.transform = `translateX(${at.toFixed(1)}px)`;
    flag.classList.toggle("off", x < left || x > right);
  }
  for (const name of ["a", "b"] as const) {
    const handle = box.querySelector<HTMLElement>(`.handle.${name}`);
    if (!handle) continue;
    const row = cursors[name];
    const x = pxOfX(stage, kind === "time" ? row * axis.secondsPerRow : mmOfRow(axis, row));
    handle.style.transform = `translateX(${x.toFixed(1)}px)`;
    handle.hidden = x < left || x > right;
  }
}
