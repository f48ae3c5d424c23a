// The result of a training in plain words. No DOM.
import type { PointMetrics, RunMetrics } from "../../api/runs";

// 0.1234 -> "0.12 mm"; below 0.1 mm three decimals, above 10 one.
export function millimetres(value: number): string {
  const size = Math.abs(value);
  return `${value.toFixed(size < 0.0995 ? 3 : size < 9.95 ? 2 : 1).replace("-", "−")} mm`;
}

function sentence(name: string, metrics: PointMetrics | undefined): string | null {
  if (!metrics || metrics.n === 0 || metrics.mae_mm === null || metrics.p95_mm === null) return null;
  const missed = metrics.missed ? ` It was overlooked in ${metrics.missed} of ${metrics.n} holes.` : "";
  return (
    `The ${name} was off by ${millimetres(metrics.mae_mm)} on average, ` +
    `and by at most ${millimetres(metrics.p95_mm)} in 95 of 100 holes.${missed}`
  );
}

export interface PlainResult {
  headline: string;
  sentences: string[];
  next: string;
  good: boolean;
}

// The hole depth decides the fastener, so it decides the headline: one grip code is 1.5875 mm long.
export function plainResult(metrics: RunMetrics | null | undefined, epochs: number): PlainResult | null {
  const set = metrics?.out_of_fold;
  const depth = set?.points.hole_depth;
  if (!set || !depth || depth.mae_mm === null) return null;
  const sentences = (["entry", "transition", "exit"] as const)
    .map((name) => sentence(name, set.points[name]))
    .filter((s): s is string => s !== null);
  const grip = set.grip_code?.exact_fraction;
  if (typeof grip === "number") sentences.push(`The grip code came out right for ${(100 * grip).toFixed(0)} of 100 holes.`);
  const good = depth.mae_mm <= 0.1;
  const usable = depth.mae_mm <= 0.3;
  const next = good
    ? "Look at the worst holes below: often the label is wrong there, not the model. Then evaluate on holes that were measured."
    : usable
      ? "For a first look this is good. Train again with the full preset, and confirm the labels of the holes with the largest errors."
      : epochs < 30
        ? "So short a training only shows that everything works. Train again with the full preset: it takes longer and is far more accurate."
        : "Look at the holes with the largest errors: wrong labels, or a kind of hole of which there are too few, are the usual reasons.";
  return {
    headline: `Hole depth: ${millimetres(depth.mae_mm)} mean error on ${set.holes} holes that the models had not seen.`,
    sentences,
    next,
    good,
  };
}

/** A fact of a version in one line: lists with commas, parts of a list by their name and what is known of them. */
export function factText(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.map(factText).join(", ") : "none";
  if (typeof value === "object" && value !== null) {
    const { name, ...rest } = value as Record<string, unknown>;
    const parts = Object.entries(rest).map(([key, one]) => (Array.isArray(one) ? `${key} ${key === "shape" ? one.map((n) => n ?? "any").join(" × ") : factText(one)}` : `${key.replaceAll("_", " ")} ${factText(one)}`));
    return typeof name === "string" ? `${name} (${parts.join("; ")})` : parts.join(", ");
  }
  if (typeof value === "number") return Number.isInteger(value) ? `${value}` : `${Number(value.toPrecision(5))}`.replace("-", "−");
  return value === null || value === undefined || value === "" ? "–" : String(value);
}
