// Dragging a marker: from the mouse's depth to the evidence next to it, or with Alt to exactly there.
import type { Candidate, PointName } from "../../api/types";
import { signed } from "../../text/format";
import { mmOfX, nearestSampleMm } from "./depthAxis";
import { moveInOrder, moveNote, type Depths } from "./derived";
import type { LoadedHole } from "./holeCache";
import { candidatesFor, nearestCandidate } from "./snap";
import { xOfPx, type Stage } from "./stage";

export interface Placed {
  points: Depths;
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

export interface Hand {
  px: number;
  /** Exactly there, whatever evidence is near. */
  free: boolean;
  push: boolean;
}

/** Where the markers go when one of them is put to where the hand is. */
export function placeAt(stage: Stage, hole: LoadedHole, before: Depths, name: PointName, { px, free, push }: Hand): Placed {
  const raw = mmOfX(hole.axis, stage.view.now.kind, xOfPx(stage, px));
  const { mm, item } = free ? { mm: raw, item: null } : snapped(stage, hole, name, px);
  const points = moveInOrder(before, name, mm, push);
  const note = moveNote(before, points, name, mm);
  if (note) return { points, reason: note };
  if (item) return { points, reason: `${item.text}  ${signed(mm - raw, 2)} mm from the cursor` };
  return { points, reason: free ? "free" : "at a sample" };
}
