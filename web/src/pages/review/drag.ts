// Dragging a marker: from the mouse's depth to the evidence next to it, or with Alt to exactly there.
import type { Candidate, PointName } from "../../api/types";
import { signed } from "../../text/format";
import { mmOfX, nearestSampleMm } from "./depthAxis";
import { clampToOrder, pointTitle, type Depths } from "./derived";
import type { LoadedHole } from "./holeCache";
import { candidatesFor, nearestCandidate } from "./snap";
import { xOfPx, type Stage } from "./stage";

export interface Placed {
  mm: number;
  /** Why it stands there, in words. */
  reason: string;
}

const reachPx = 12;

function snapped(stage: Stage, hole: LoadedHole, name: PointName, px: number): { mm: number; item: Candidate | null } {
  const { kind } = stage.view.now;
  const at = (x: number) => mmOfX(hole.axis, kind, xOfPx(stage, x));
  const raw = at(px);
  const candidates = candidatesFor(hole.detail.candidates, name);
  const reach = Math.max(raw - at(px - reachPx), at(px + reachPx) - raw, 0.02);
  const item = nearestCandidate(candidates, raw, Math.min(reach, 1.5));
  return { mm: item ? item.mm : nearestSampleMm(hole.axis, raw), item };
}

/** Where a marker goes when the mouse is at px. */
export function placeAt(stage: Stage, hole: LoadedHole, points: Depths, name: PointName, px: number, free: boolean): Placed {
  const raw = mmOfX(hole.axis, stage.view.now.kind, xOfPx(stage, px));
  const { mm, item } = free ? { mm: raw, item: null } : snapped(stage, hole, name, px);
  const kept = clampToOrder(points, name, mm);
  if (kept !== mm) return { mm: kept, reason: `${pointTitle[name]} stops at its neighbour` };
  if (item) return { mm, reason: `${item.text}  ${signed(mm - raw, 2)} mm from the cursor` };
  return { mm, reason: free ? "free" : "at a sample" };
}
