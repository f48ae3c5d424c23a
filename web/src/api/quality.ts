// Requests about the quality of the records and about datasets.
import { http } from "./client";
import type { Hole, Severity } from "./types";

export interface QualityCounts {
  ok: number;
  warning: number;
  failed: number;
  error: number;
  mean_score: number | null;
}

export interface Quality {
  totals: QualityCounts & { files: number; skipped: number };
  families: (QualityCounts & { family: string })[];
  checks: { check: string; severity: Severity; n: number; text: string }[];
  worst: Hole[];
}

export interface Dataset {
  snapshot: string;
  holes: number;
  labelled: number;
  by_source: Record<string, number>;
  by_category: Record<string, number>;
}

export const getQuality = (signal?: AbortSignal) => http.get<Quality>("/quality", undefined, signal);

export const listDatasets = (signal?: AbortSignal) => http.get<{ items: Dataset[] }>("/datasets", undefined, signal);
