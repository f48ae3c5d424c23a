// What follows from three depths: layers, hole depth, grip code, phases; and confidence in words.
import { POINTS, type Label, type PointName } from "../../api/types";
import { fixed } from "../../text/format";

export type Depths = Record<PointName, number | null>;

export const pointTitle: Record<PointName, string> = { entry: "Entry", transition: "Transition", exit: "Exit" };

/** Fastener length class: code k covers (1.5875 (k - 1) + 0.127, 1.5875 k + 0.127] mm; null where there is none. */
export function gripCode(holeDepthMm: number | null): number | null {
  if (holeDepthMm === null || !(holeDepthMm > 0.127)) return null;
  return Math.max(1, Math.ceil((holeDepthMm - 0.127) / 1.5875 - 1e-12));
}

export interface Derived {
  layers: { title: string; mm: number | null }[];
  holeDepth: number | null;
  grip: number | null;
  /** How far the hole depth is from the next grip code, mm; null without one. */
  gripMargin: number | null;
}

export function derive(points: Depths): Derived {
  const { entry, transition, exit } = points;
  const between = (a: number | null, b: number | null) => (a === null || b === null ? null : b - a);
  const holeDepth = between(entry, exit);
  const grip = gripCode(holeDepth);
  const layers =
    transition === null
      ? [{ title: "Layer", mm: holeDepth }]
      : [
          { title: "Layer 1", mm: between(entry, transition) },
          { title: "Layer 2", mm: between(transition, exit) },
        ];
  const margin =
    grip === null || holeDepth === null
      ? null
      : Math.min(holeDepth - (1.5875 * (grip - 1) + 0.127), 1.5875 * grip + 0.127 - holeDepth);
  return { layers, holeDepth, grip, gripMargin: margin };
}

export interface Phase {
  name: string;
  /** Index of the tint: 0 outside the part, 1 first layer, 2 second layer. */
  tint: 0 | 1 | 2;
  from: number;
  to: number;
}

/** The named stretches between the points, from -Infinity to Infinity; none without an entry. */
export function phases(points: Depths): Phase[] {
  const { entry, transition, exit } = points;
  if (entry === null) return [];
  const list: Phase[] = [{ name: "air", tint: 0, from: -Infinity, to: entry }];
  const end = exit ?? Infinity;
  if (transition === null) list.push({ name: "layer", tint: 1, from: entry, to: end });
  else {
    list.push({ name: "layer 1", tint: 1, from: entry, to: transition });
    list.push({ name: "layer 2", tint: 2, from: transition, to: end });
  }
  if (exit !== null) list.push({ name: "through", tint: 0, from: exit, to: Infinity });
  return list;
}

/** Keep entry <= transition <= exit: a point stops at its neighbours. */
export function clampToOrder(points: Depths, name: PointName, mm: number): number {
  const index = POINTS.indexOf(name);
  let low = -Infinity;
  let high = Infinity;
  POINTS.forEach((other, i) => {
    const value = points[other];
    if (value === null) return;
    if (i < index) low = Math.max(low, value);
    if (i > index) high = Math.min(high, value);
  });
  return Math.min(high, Math.max(low, mm));
}

/** A point is put at a depth. Its neighbours stop it, or with push are moved along. */
export function moveInOrder(points: Depths, name: PointName, mm: number, push: boolean): Depths {
  if (!push) return { ...points, [name]: clampToOrder(points, name, mm) };
  const index = POINTS.indexOf(name);
  const moved = { ...points, [name]: mm };
  POINTS.forEach((other, i) => {
    const value = moved[other];
    if (value === null) return;
    if (i < index) moved[other] = Math.min(value, mm);
    if (i > index) moved[other] = Math.max(value, mm);
  });
  return moved;
}

/** What a move did besides, in words; "" = nothing. */
export function moveNote(before: Depths, after: Depths, name: PointName, mm: number): string {
  if (after[name] !== mm) return `${pointTitle[name]} stops at its neighbour`;
  const along = POINTS.filter((other) => other !== name && before[other] !== after[other]).map((other) => pointTitle[other].toLowerCase());
  return along.length > 0 ? `${pointTitle[name]} pushes ${along.join(" and ")} along` : "";
}

export function depthsOf(label: Label | null): Depths {
  return {
    entry: label?.points.entry.mm ?? null,
    transition: label?.points.transition.mm ?? null,
    exit: label?.points.exit.mm ?? null,
  };
}

export function sameDepths(a: Depths, b: Depths): boolean {
  return POINTS.every((name) => {
    const x = a[name];
    const y = b[name];
    return x === y || (x !== null && y !== null && Math.abs(x - y) < 5e-7);
  });
}

const factorWords = {
  clarity: { title: "Clarity", text: "how sharply torque and thrust bend at the points" },
  signal: { title: "Signal", text: "how far the signal stands out of its noise" },
  pattern: { title: "Pattern", text: "how well the layers agree with holes of the same program" },
} as const;

export interface Factor {
  title: string;
  text: string;
  value: number;
  words: string;
}

function inWords(value: number): string {
  if (value >= 0.9) return "strong";
  if (value > 0.7) return "fair";
  if (value > 0.4) return "weak";
  return "very weak";
}

/** The reasons for a confidence, weakest first. */
export function factorsOf(label: Label | null): Factor[] {
  const factors = label?.factors;
  if (!factors) return [];
  return (Object.keys(factorWords) as (keyof typeof factorWords)[])
    .flatMap((key) => {
      const value = factors[key];
      return value === null ? [] : [{ ...factorWords[key], value, words: inWords(value) }];
    })
    .sort((a, b) => a.value - b.value);
}

/** One sentence on why a label is as sure as it is. */
export function confidenceSentence(label: Label | null): string {
  if (!label) return "There is no label yet.";
  if (label.source === "expert" || label.source === "truth") return `Set by ${label.author || "a person"}.`;
  const weakest = factorsOf(label)[0];
  if (!weakest || weakest.value >= 0.9) return "All signs agree.";
  return `Held back by ${weakest.title.toLowerCase()} (${fixed(weakest.value, 2)}): ${weakest.text}.`;
}
