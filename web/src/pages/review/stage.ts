// Where things are in the stack of charts, in CSS pixels from its upper left corner: the lanes of the flags, the phases,
// the rows of ghosts, and the four plots.
import type { Ghost } from "../../api/types";
import { gutter } from "./chart";
import type { ViewState } from "./xView";

export const lanes = { flag: 23, phase: 17, ghost: 14 };

export interface GhostRow {
  title: string;
  kind: "rule" | "model" | "folds" | "person";
  ghosts: Ghost[];
}

export interface Plot {
  top: number;
  height: number;
}

export interface Stage {
  width: number;
  height: number;
  phaseTop: number;
  ghostTop: number;
  rows: GhostRow[];
  plots: Plot[];
  view: ViewState;
}

const isFold = (ghost: Ghost) => /^fold\b/i.test(ghost.name);

/** One row for the rule, one per model, one for all folds together, one per person. */
export function ghostRows(ghosts: Ghost[], show: { rule: boolean; predictions: boolean }, self: string): GhostRow[] {
  const rows: GhostRow[] = [];
  const folds = ghosts.filter(isFold);
  for (const ghost of ghosts) {
    if (isFold(ghost)) continue;
    if (ghost.source === "rule" && show.rule) rows.push({ title: "rule", kind: "rule", ghosts: [ghost] });
    if (ghost.source === "model" && show.predictions) rows.push({ title: "model", kind: "model", ghosts: [ghost] });
    if ((ghost.source === "expert" || ghost.source === "truth") && ghost.name !== self)
      rows.push({ title: ghost.name, kind: "person", ghosts: [ghost] });
  }
  // the folds are computed when a hole is first asked for: their row is there before them, so that nothing jumps
  if (show.predictions && (folds.length > 0 || ghosts.some((ghost) => ghost.source === "model")))
    rows.push({ title: folds.length > 0 ? `${folds.length} folds` : "folds", kind: "folds", ghosts: folds });
  return rows;
}

export const headHeight = (rows: number): number => 2 * lanes.flag + lanes.phase + rows * lanes.ghost + 4;

export const plotWidth = (stage: Stage): number => stage.width - gutter.left - gutter.right;

export function pxOfX(stage: Stage, x: number): number {
  const { min, max } = stage.view.now;
  return gutter.left + ((x - min) / (max - min)) * plotWidth(stage);
}

export function xOfPx(stage: Stage, px: number): number {
  const { min, max } = stage.view.now;
  return min + ((px - gutter.left) / plotWidth(stage)) * (max - min);
}
