// The form of a new run, made of the strategies' parameter table: which fields are shown first, in which groups the
// others stand, what a text means as a value, and what is wrong with it. No DOM.
import type { ParameterSpec, Preset } from "../../api/runs";

/** The strategy is a text for the server, which knows its names; the form offers them. */
export function withStrategies(specs: ParameterSpec[], strategies: { name: string }[]): ParameterSpec[] {
  const names = strategies.map((strategy) => strategy.name);
  return specs.map((spec) => (spec.key === "strategy" ? { ...spec, type: "choice", choices: names } : spec));
}

interface Help {
  label: string;
  text: string;
}

// What a person new to machine learning needs to choose; all else has a sensible default. In this order.
const basics: Record<string, Help> = {
  experiment_name: {
    label: "Name",
    text: "Names the run's folder. The date and time are added by themselves.",
  },
  "training_config.cross_validation.n_folds": {
    label: "Folds",
    text:
      "The holes are dealt into this many groups, and one model is trained for each: on all groups but its own. " +
      "So every hole is judged by a model that has never seen it, and all models together give the final answer. " +
      "24 for real use, 3 to 6 for a quick look.",
  },
  "training_config.epochs": {
    label: "Epochs",
    text:
      "How often each model goes through all its holes. More is slower and, up to a point, better: watch the curve " +
      "of the error. When it no longer falls, more epochs do not help.",
  },
  "training_config.cross_validation.grouping": {
    label: "Kept together",
    text:
      "Holes of one tool look alike. Kept in one fold (tool_life), the error tells what to expect of a new tool. " +
      "With hole, it only tells how well the model knows these tools, and looks better than it is.",
  },
  "training_config.batch_size": {
    label: "Batch size",
    text: "How many pieces of signal the model looks at before it corrects itself. 16 to 64 is usual.",
  },
  "training_config.learning_rate": {
    label: "Learning rate",
    text:
      "How large each correction is. Too large: the curve jumps up and down. Too small: it hardly falls. " +
      "Try a factor of 3 up or down.",
  },
  "training_config.min_confidence": {
    label: "Least confidence",
    text:
      "Points labelled with less confidence than this are not learned from. 0 takes all of them; " +
      "0.5 leaves out what the rules were unsure about and nobody has confirmed.",
  },
};

const group_titles: [string, string][] = [
  ["model_config.", "Network"],
  ["training_config.cross_validation.", "Folds"],
  ["training_config.early_stopping.", "Early stopping"],
  ["training_config.point_weight.", "Weight of each point"],
  ["training_config.", "Learning"],
  ["data_config.preprocessing.augmentation.", "Variation of the holes while learning"],
  ["data_config.preprocessing.", "From signals to numbers"],
  ["data_config.", "Data"],
];

export interface Field {
  spec: ParameterSpec;
  label: string;
  help: string;
}

export interface FieldGroup {
  title: string;
  fields: Field[];
}

// "training_config.point_weight.entry" -> "Entry"; "n_folds" -> "N folds".
export function plainLabel(key: string): string {
  const last = key.slice(key.lastIndexOf(".") + 1).replaceAll("_", " ");
  return last.charAt(0).toUpperCase() + last.slice(1);
}

function field(spec: ParameterSpec): Field {
  const known = basics[spec.key];
  return { spec, label: known?.label ?? plainLabel(spec.key), help: known?.text ?? spec.doc };
}

export function basicFields(specs: ParameterSpec[]): Field[] {
  return Object.keys(basics).flatMap((key) => specs.filter((spec) => spec.key === key).map(field));
}

export function moreGroups(specs: ParameterSpec[]): FieldGroup[] {
  const groups = new Map<string, Field[]>();
  for (const spec of specs) {
    if (basics[spec.key]) continue;
    const title = group_titles.find(([prefix]) => spec.key.startsWith(prefix))?.[1] ?? "Run";
    const fields = groups.get(title);
    if (fields) fields.push(field(spec));
    else groups.set(title, [field(spec)]);
  }
  return [...groups].map(([title, fields]) => ({ title, fields }));
}

// The value of a parameter as the form shows it.
export function asText(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function range(spec: ParameterSpec): string {
  const unit = spec.unit ? ` ${spec.unit}` : "";
  if (spec.min === null || spec.max === null) return "";
  return `from ${spec.min} to ${spec.max}${unit}`;
}

// What is wrong with the text of a field, in words; null when nothing is.
export function problem(spec: ParameterSpec, text: string): string | null {
  if (spec.type === "bool") return text === "true" || text === "false" ? null : "Yes or no.";
  if (spec.type === "choice") return spec.choices?.includes(text) ? null : `One of ${spec.choices?.join(", ")}.`;
  if (spec.type !== "int" && spec.type !== "float") return null;
  const trimmed = text.trim();
  if (trimmed === "") return `A number is needed, ${range(spec) || "for example " + asText(spec.default)}.`;
  if (trimmed.includes(",")) return "Write the decimals behind a point: 0.5.";
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return `“${trimmed}” is not a number.`;
  const value = Number(trimmed);
  if (spec.type === "int" && !Number.isInteger(value)) return "A whole number is needed.";
  if (spec.min !== null && spec.max !== null && (value < spec.min || value > spec.max)) return `Allowed is ${range(spec)}.`;
  return null;
}

export function asValue(spec: ParameterSpec, text: string): unknown {
  if (spec.type === "bool") return text === "true";
  if (spec.type === "int" || spec.type === "float") return Number(text.trim());
  return text;
}

export type Texts = Record<string, string>;

// The texts of all fields as a preset leaves them.
export function presetTexts(specs: ParameterSpec[], values: Record<string, unknown>): Texts {
  return Object.fromEntries(specs.map((spec) => [spec.key, asText(values[spec.key] ?? spec.default)]));
}

// Only what differs from the preset is sent: the run's record then shows what was decided here.
export function changedValues(specs: ParameterSpec[], texts: Texts, preset: Texts): Record<string, unknown> {
  return Object.fromEntries(
    specs
      .filter((spec) => (texts[spec.key] ?? "").trim() !== preset[spec.key])
      .map((spec) => [spec.key, asValue(spec, texts[spec.key] ?? "")]),
  );
}

export function problems(specs: ParameterSpec[], texts: Texts): Texts {
  const out: Texts = {};
  for (const spec of specs) {
    const found = problem(spec, texts[spec.key] ?? "");
    if (found) out[spec.key] = found;
  }
  return out;
}

// The field that a message of the server speaks of: the longest key that it names.
export function fieldOfMessage(specs: ParameterSpec[], message: string): string | null {
  const named = specs.map((spec) => spec.key).filter((key) => message.includes(key));
  return named.sort((a, b) => b.length - a.length)[0] ?? null;
}

/** "first_look" -> "first look" */
export const presetTitle = (name: string): string => name.replaceAll("_", " ");

/** The short one, for newcomers. */
export function firstLook(presets: Preset[]): Preset | undefined {
  return (
    presets.find((preset) => preset.name === "first_look") ?? presets.find((preset) => preset.name === "demo") ?? presets[0]
  );
}
