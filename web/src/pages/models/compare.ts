// Runs side by side: rows of figures, each with the difference to the first run. No DOM.
import { MEASURES, type Measure, type PointMetrics, type RunHole, type RunMetrics, type SetMetrics } from "../../api/runs";

export const measureWords: Record<Measure, string> = {
  entry: "Entry",
  transition: "Transition",
  exit: "Exit",
  hole_depth: "Hole depth",
};

export type Better = "less" | "more" | "near_zero" | "none";

export interface Row {
  title: string;
  unit: string;
  decimals: number;
  better: Better;
  values: (number | null)[];
}

function values(sets: (SetMetrics | undefined)[], read: (set: SetMetrics) => number | null | undefined): (number | null)[] {
  return sets.map((set) => (set ? (read(set) ?? null) : null));
}

export function compareRows(runs: (RunMetrics | null | undefined)[]): { title: string; rows: Row[] }[] {
  const sets = runs.map((run) => run?.out_of_fold);
  const sections = MEASURES.map((name) => {
    const at = (read: (m: PointMetrics) => number | null | undefined) =>
      values(sets, (set) => (set.points[name] ? read(set.points[name]) : null));
    const share = (read: (m: PointMetrics) => number | null | undefined) =>
      at(read).map((v) => (v === null ? null : v * 100));
    const rows: Row[] = [
      { title: "Mean error", unit: "mm", decimals: 3, better: "less", values: at((m) => m.mae_mm) },
      { title: "95 of 100 within", unit: "mm", decimals: 3, better: "less", values: at((m) => m.p95_mm) },
      { title: "Worst", unit: "mm", decimals: 2, better: "less", values: at((m) => m.max_mm) },
      { title: "Bias", unit: "mm", decimals: 3, better: "near_zero", values: at((m) => m.bias_mm) },
      { title: "Within 0.2 mm", unit: "%", decimals: 1, better: "more", values: share((m) => m["within_0.2_mm"]) },
    ];
    return { title: measureWords[name], rows };
  });
  const grip = values(sets, (set) => set.grip_code?.exact_fraction).map((v) => (v === null ? null : v * 100));
  const holes: Row = { title: "Holes judged", unit: "", decimals: 0, better: "none", values: values(sets, (s) => s.holes) };
  const general: Row[] = [{ title: "Grip code exact", unit: "%", decimals: 1, better: "more", values: grip }, holes];
  return [{ title: "Whole hole", rows: general }, ...sections];
}

// Is b better than a? null: neither, or not to be said. Differences below the last shown decimal are none.
export function isBetter(row: Row, a: number | null, b: number | null): boolean | null {
  if (a === null || b === null || row.better === "none") return null;
  const size = row.better === "near_zero" ? Math.abs(b) - Math.abs(a) : b - a;
  if (Math.abs(size) < 0.5 * 10 ** -row.decimals) return null;
  return row.better === "more" ? size > 0 : size < 0;
}

// For each run the share of its holes (in %) whose error is at most x. The axis ends where nearly all holes are in every
// run, so that a single bad hole does not press the curves to the left edge.
export function errorCurves(runs: RunHole[][], measure: Measure, steps = 200): { x: number[]; y: number[][] } {
  const sorted = runs.map((holes) =>
    holes
      .map((hole) => hole.error_mm[measure])
      .filter((e): e is number => e !== null && Number.isFinite(e))
      .map(Math.abs)
      .sort((a, b) => a - b),
  );
  const end = Math.max(0.01, ...sorted.map((errors) => errors[Math.floor(errors.length * 0.97)] ?? 0));
  const x = Array.from({ length: steps + 1 }, (_, at) => (at / steps) * end);
  const share = (errors: number[]) => {
    let at = 0;
    return x.map((limit) => {
      while (at < errors.length && (errors[at] as number) <= limit) at++;
      return errors.length ? (at / errors.length) * 100 : 0;
    });
  };
  return { x, y: sorted.map(share) };
}

export interface Change {
  hole: RunHole;
  before: number;
  after: number;
}

// The holes whose error changed most between two runs, the largest change first.
export function largestChanges(first: RunHole[], second: RunHole[], measure: Measure, most: number): Change[] {
  const known = new Map(first.map((hole) => [hole.id, hole]));
  return second
    .flatMap((hole) => {
      const before = known.get(hole.id)?.error_mm[measure];
      const after = hole.error_mm[measure];
      if (before === null || before === undefined || after === null) return [];
      return [{ hole, before: Math.abs(before), after: Math.abs(after) }];
    })
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
    .slice(0, most);
}
