// Evidence that a marker may snap to.
import type { Candidate, PointName } from "../../api/types";

/** Candidates for one point, strongest first; near ones of the same depth count once. */
export function candidatesFor(all: Candidate[], point: PointName): Candidate[] {
  const fitting = all
    .filter((item) => (item.point === point || item.point === "any") && Number.isFinite(item.mm))
    .sort((a, b) => Number(a.point === "any") - Number(b.point === "any") || b.strength - a.strength);
  const kept: Candidate[] = [];
  for (const item of fitting) {
    if (!kept.some((other) => Math.abs(other.mm - item.mm) < 0.005)) kept.push(item);
  }
  return kept;
}

/** The candidate next to a depth, no further than reachMm. */
export function nearestCandidate(candidates: Candidate[], mm: number, reachMm: number): Candidate | null {
  let best: Candidate | null = null;
  for (const item of candidates) {
    const distance = Math.abs(item.mm - mm);
    if (distance <= reachMm && (!best || distance < Math.abs(best.mm - mm))) best = item;
  }
  return best;
}

/** From where the marker stands now to the next candidate (step 1) or the one before (-1), in the order of strength. */
export function nextCandidate(candidates: Candidate[], mm: number | null, step: 1 | -1): Candidate | null {
  if (candidates.length === 0) return null;
  const now = mm === null ? -1 : candidates.findIndex((item) => Math.abs(item.mm - mm) < 0.0005);
  if (now < 0) return candidates[step === 1 ? 0 : candidates.length - 1] ?? null;
  return candidates[(now + step + candidates.length) % candidates.length] ?? null;
}

export const kindText: Record<Candidate["kind"], string> = {
  torque_onset: "torque onset",
  thrust_knee: "thrust knee",
  step_edge: "step edge",
  model_peak: "model peak",
  label: "label",
};
