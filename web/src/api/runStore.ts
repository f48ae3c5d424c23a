// Runs as a store: found, explained, tagged, put away (docs/runs.md).
import { apiUrl, http } from "./client";
import type { PointMetrics, Run, RunFold } from "./runs";

export type Value = string | number | boolean | null;

export interface RunQuery {
  filter: string;
  /** A key; - in front of it turns the order round. */
  sort: string;
  columns: string[];
  limit?: number;
}

export type FoundRun = Run & { values?: Record<string, Value> };

export interface RunKey {
  key: string;
  doc: string;
  used: boolean;
}

export interface RunNotes {
  run: string;
  tags: Record<string, string>;
  notes: { at: string | null; user: string | null; text: string }[];
}

export interface RunDetails extends RunNotes {
  state: Run["state"];
  message: string;
  about: Record<string, Value>;
  params: Record<string, Value>;
  metrics: Record<string, Value>;
  system: Record<string, Value>;
  folds: (RunFold & { out_of_fold?: Record<string, Pick<PointMetrics, "n" | "mae_mm">> })[];
  messages: string[];
  artifacts: { path: string; size_bytes: number; sha256: string; has_labels: boolean }[];
  /** The texts on how it went: training.log, log.txt. */
  logs: string[];
}

export function findRuns({ filter, sort, columns, limit = 500 }: RunQuery, signal?: AbortSignal) {
  const query = { filter, sort, columns: columns.join(","), limit };
  return http.get<{ total: number; items: FoundRun[] }>("/runs", query, signal);
}

export const runKeys = (signal?: AbortSignal) => http.get<{ items: RunKey[] }>("/run-keys", undefined, signal);

const at = (run: string) => `/runs/${encodeURIComponent(run)}`;

export const runDetails = (run: string, signal?: AbortSignal) => http.get<RunDetails>(`${at(run)}/details`, undefined, signal);

/** null takes a tag away. */
export const setTags = (run: string, tags: Record<string, string | null>) => http.put<RunNotes>(`${at(run)}/tags`, { tags });

export const addNote = (run: string, text: string) => http.post<RunNotes>(`${at(run)}/notes`, { text });

export const deleteRun = (run: string) => http.delete<{ run: string; kept: string }>(at(run));

/** One run against the first, on the holes that both have not seen. */
export interface Paired {
  run: string;
  point: string;
  n: number;
  mean_first_mm: number | null;
  mean_mm: number | null;
  difference_mm: number | null;
  low_mm: number | null;
  high_mm: number | null;
  p: number | null;
  /** Surely better or surely worse; null: neither is sure. */
  better: boolean | null;
}

export const compareRuns = (runs: string[], signal?: AbortSignal) =>
  http.get<{ runs: string[]; paired: Paired[] }>("/run-comparison", { runs: runs.join("/") }, signal);

export const runComparisonPage = (runs: string[]): string => apiUrl("/run-comparison", { runs: runs.join("/"), format: "html" });

/** The lines of events.jsonl: all that has happened so far. */
export const runEvents = (run: string, signal?: AbortSignal) => runLogLines(run, "events.jsonl", signal);

export async function runLogLines(run: string, file: string, signal?: AbortSignal): Promise<string[]> {
  const { data } = await http.bytes(`${at(run)}/files/${file}`, undefined, signal);
  return new TextDecoder().decode(data).split("\n").filter(Boolean);
}
