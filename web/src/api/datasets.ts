// Data sets: what there is to learn from, and what runs have learned from (docs/runs.md).
import { http } from "./client";
import type { PointName, Source } from "./types";

export interface Present {
  snapshot: string;
  holes: number;
  labelled: number;
  by_source: Record<string, number>;
  by_category: Record<string, number>;
}

export interface KeptDataset {
  dataset: string;
  at: string;
  holes: number;
  by_source: Record<string, number>;
  problem: string | null;
}

export interface LabelOrigin {
  version: number;
  source: Source;
  author: string;
  made_at: string;
}

export interface DatasetHole extends LabelOrigin {
  id: string;
  stored: string | null;
  file: string;
  family: string;
  confidence: number | null;
  points: Record<PointName, { mm: number | null; confidence: number | null }>;
}

export interface Dataset {
  dataset: string;
  at: string;
  holes: number;
  by_source: Record<string, number>;
  by_author: Record<string, number>;
  newest_label_at: string;
  runs: string[];
  items: DatasetHole[];
}

export interface Verification {
  dataset: string;
  holes: number;
  /** of which an older version noted no hash */
  unchecked: number;
  intact: boolean;
  problems: { id: string | null; file: string | null; problem: string }[];
}

export interface Relabelled {
  id: string;
  file: string;
  largest_mm: number | null;
  points: Partial<Record<PointName, { a: number | null; b: number | null; by_mm: number | null }>>;
  from: LabelOrigin;
  to: LabelOrigin;
}

export interface DatasetDiff {
  a: string;
  b: string;
  same: number;
  added: DatasetHole[];
  removed: DatasetHole[];
  relabelled: Relabelled[];
  reread: { id: string; file: string }[];
}

export const listDatasets = (signal?: AbortSignal) =>
  http.get<{ items: Present[]; kept: KeptDataset[] }>("/datasets", undefined, signal);

const at = (name: string) => `/datasets/${encodeURIComponent(name)}`;

export const getDataset = (name: string, signal?: AbortSignal) => http.get<Dataset>(at(name), undefined, signal);

export const verifyDataset = (name: string) => http.get<Verification>(`${at(name)}/verify`);

export const diffDatasets = (a: string, b: string, signal?: AbortSignal) =>
  http.get<DatasetDiff>(`${at(a)}/diff/${encodeURIComponent(b)}`, undefined, signal);
