// Keys and values of runs as people read them, and what differs between runs. No DOM.
import type { RunDetails, Value } from "../../api/runStore";
import { duration, fixed, moment } from "../../text/format";

/** What the list shows unless other columns were chosen. */
export const usualColumns = ["metrics.hole_depth_mae_mm", "metrics.exit_mae_mm", "metrics.exit_p95_mm", "params.training_config.epochs"];

const titles: Record<string, string> = {
  started_at: "Started",
  ended_at: "Ended",
  duration_s: "Took",
  data_dir: "Data directory",
  dataset: "Data set",
  best_val_mm: "Best epoch",
};

/** metrics.exit_mae_mm: exit MAE; the unit is told apart. */
export function titleOf(key: string): { title: string; unit?: string } {
  const plain = key.replace(/^(metrics|params|tags|system)\./, "");
  const known = titles[plain];
  if (known) return { title: known };
  if (key.startsWith("params.")) return { title: plain.slice(plain.lastIndexOf(".") + 1).replaceAll("_", " ") };
  if (key.startsWith("tags.")) return { title: plain };
  const unit = /_(mm|ms|s)$/.exec(plain)?.[1];
  const words = (unit ? plain.slice(0, -unit.length - 1) : plain).replaceAll("_", " ").replace(/\b(mae|rmse|sd|p95|r2)\b/g, (word) => word.toUpperCase());
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return unit ? { title, unit } : { title };
}

export function valueText(key: string, value: Value | undefined): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return key.endsWith("_at") ? moment(value) : key === "dataset" ? value.slice(0, 12) : value;
  if (key === "duration_s") return duration(value);
  if (key.endsWith("_mm")) return fixed(value, 3);
  const rounded = Number.isInteger(value) ? `${value}` : `${Number(value.toPrecision(5))}`;
  return rounded.replace("-", "−");
}

/** Is it a column of numbers? */
export const areNumbers = (values: (Value | undefined)[]): boolean => {
  const there = values.filter((value) => value !== null && value !== undefined);
  return there.length > 0 && there.every((value) => typeof value === "number");
};

export interface Difference {
  key: string;
  values: (Value | undefined)[];
}

/** What is not the same in all runs. */
export function differences(parts: Record<string, Value>[]): Difference[] {
  const keys = [...new Set(parts.flatMap((part) => Object.keys(part)))];
  return keys
    .map((key) => ({ key, values: parts.map((part) => part[key]) }))
    .filter(({ values }) => values.some((value) => (value ?? null) !== (values[0] ?? null)));
}

/** Of each run, so that all the same parts stand side by side. Names and times differ always and say nothing. */
const names = ["run", "started_at", "ended_at", "duration_s", "command", "state"];
export const comparedParts: { title: string; of: (run: RunDetails) => Record<string, Value> }[] = [
  { title: "Settings", of: (run) => run.params },
  { title: "Data, program, machine", of: (run) => Object.fromEntries(Object.entries(run.about).filter(([key]) => !names.includes(key))) },
  { title: "Tags", of: (run) => run.tags },
];
