// What an adjudicator decides: a depth for each point, taken from a label or typed. No DOM.
import { type Label, POINTS, type PointName } from "../../api/types";

export type Decision = Record<PointName, { mm: number | null }>;

export function decisionOf(label: Label): Decision {
  return {
    entry: { mm: label.points.entry.mm },
    transition: { mm: label.points.transition.mm },
    exit: { mm: label.points.exit.mm },
  };
}

export const labelName = (label: Label): string =>
  label.source === "rule" || label.source === label.author ? label.source : `${label.author} (${label.source})`;

/** Is this label what was decided, to a hundredth? */
export function sameAs(decision: Decision, label: Label): boolean {
  return POINTS.every((point) => {
    const a = decision[point].mm;
    const b = label.points[point].mm;
    return a === null || b === null ? a === b : Math.abs(a - b) < 0.005;
  });
}

/** What is wrong with a decision, in words; null when nothing is. */
export function wrongOrder(decision: Decision): string | null {
  const known = POINTS.filter((point) => decision[point].mm !== null);
  for (let at = 1; at < known.length; at++) {
    const before = known[at - 1] as PointName;
    const behind = known[at] as PointName;
    if ((decision[before].mm as number) > (decision[behind].mm as number))
      return `The ${behind} must not lie before the ${before}.`;
  }
  return known.length === 0 ? "At least one point is needed." : null;
}

/** The depths that matter for a point of dispute: all labels' values of it, with some room; at least 3 mm. */
export function zoomRange(labels: Label[], point: PointName): [number, number] | null {
  const depths = labels.map((label) => label.points[point].mm).filter((mm): mm is number => mm !== null);
  if (depths.length === 0) return null;
  const low = Math.min(...depths);
  const high = Math.max(...depths);
  const room = Math.max(1.5 - (high - low) / 2, (high - low) * 0.6, 0.4);
  return [low - room, high + room];
}
