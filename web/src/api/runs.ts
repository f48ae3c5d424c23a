// Requests about training runs and the models that come out of them.
import { mayAct } from "../state/session";
import { apiUrl, http } from "./client";
import type { Points } from "./types";

export const MEASURES = ["entry", "transition", "exit", "hole_depth"] as const;
export type Measure = (typeof MEASURES)[number];

export interface PointMetrics {
  n: number;
  missed?: number;
  invented?: number;
  mae_mm: number | null;
  median_mm?: number | null;
  rmse_mm: number | null;
  bias_mm: number | null;
  sd_mm?: number | null;
  p95_mm: number | null;
  max_mm: number | null;
  "within_0.1_mm"?: number | null;
  "within_0.2_mm"?: number | null;
  "within_0.3_mm"?: number | null;
  interval?: { n: number; coverage: number | null; mean_width_mm: number | null };
}

export interface SetMetrics {
  holes: number;
  points: Partial<Record<Measure, PointMetrics>>;
  grip_code?: { n: number; exact_fraction: number | null; one_off_fraction?: number | null };
  groups?: Record<string, Record<string, SetMetrics>>;
}

export interface RunMetrics {
  folds?: number;
  folds_trained?: number;
  out_of_fold?: SetMetrics;
  held_out?: SetMetrics;
}

export interface ParameterSpec {
  key: string;
  type: string; // bool, int, float, string, choice
  unit: string | null;
  default: unknown;
  min: number | null;
  max: number | null;
  choices: string[] | null;
  doc: string;
}

export type RunState = "running" | "stopped" | "finished" | "failed";

export interface RunFold {
  fold: number;
  epoch: number;
  epochs: number;
  train_loss: number | null;
  val_loss: number | null;
  val_mm: number | null;
  best_mm: number | null;
  state: "waiting" | "training" | "finished" | "stopped";
}

export interface Run {
  run: string;
  experiment: string;
  state: RunState;
  started_at: string | null;
  strategy: string;
  n_folds: number;
  epochs: number;
  holes: number | null;
  metrics: RunMetrics | null;
  /** Where it stands or why it ended, in words. */
  message: string;
  /** What the training had to say on its way. */
  messages?: string[];
  /** The last lines of its log, of a failed run. */
  log?: string;
  eta_s: number | null;
  folds: RunFold[];
}

export interface Strategies {
  strategies: { name: string; doc: string }[];
  presets: Preset[];
  parameters: ParameterSpec[];
}

export interface Preset {
  name: string;
  doc: string;
  values: Record<string, unknown>;
}

export interface RunHole {
  id: string;
  file: string;
  family: string;
  fold: number;
  predicted: Points;
  label: Points;
  error_mm: { entry: number | null; transition: number | null; exit: number | null; hole_depth: number | null };
}

export interface Model {
  run: string;
  created_at: string;
  metrics: RunMetrics | null;
  n_folds: number;
  size_bytes: number;
  files: { path: string; size_bytes: number; has_labels: boolean }[];
}

export const getStrategies = (signal?: AbortSignal) => http.get<Strategies>("/strategies", undefined, signal);

export const listRuns = (signal?: AbortSignal) => http.get<{ items: Run[] }>("/runs", undefined, signal);

const at = (run: string) => `/runs/${encodeURIComponent(run)}`;

export const getRun = (run: string, signal?: AbortSignal) => http.get<Run>(at(run), undefined, signal);

export const startRun = (preset: string, values: Record<string, unknown>) => http.post<Run>("/runs", { preset, values });

export const stopRun = (run: string) => http.post(`${at(run)}/stop`);

export const resumeRun = (run: string) => http.post(`${at(run)}/resume`);

export const listRunHoles = (run: string, signal?: AbortSignal) =>
  http.get<{ items: RunHole[] }>(`${at(run)}/holes`, undefined, signal);

export const runFileUrl = (run: string, path: string) =>
  apiUrl(`${at(run)}/files/${path.split("/").map(encodeURIComponent).join("/")}`);

/** Files with labels may hold truths that annotators are measured against. */
export const mayOpenFile = (file: { has_labels: boolean }): boolean => !file.has_labels || mayAct("engineer");

export const runEventsUrl = (run: string) => apiUrl(`${at(run)}/events`);

export const listModels = (signal?: AbortSignal) => http.get<{ items: Model[] }>("/models", undefined, signal);
