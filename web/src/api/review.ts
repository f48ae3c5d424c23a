// Requests about the queue, batches, agreement.
import { http, type Query } from "./client";
import type { Hole, HoleFilter, Label, PointName } from "./types";

export interface QueueItem {
  hole: Hole;
  value: number;
  reason: string;
  kind: "value" | "random" | "known";
}

export interface Batch {
  batch: number;
  at: string;
  author: string;
  query: HoleFilter;
  count: number;
  undone: boolean;
}

export interface BatchPreview {
  token: string;
  count: number;
  worst: Hole[];
  random: Hole[];
}

export interface Agreement {
  n: number;
  median_mm: number | null;
  p95_mm: number | null;
  within: number | null;
  bias_mm: number | null;
}

export interface AgreementReport {
  pairs: { a: string; b: string; points: Partial<Record<PointName, Agreement>> }[];
  /** spread_mm null: they differ on whether the point is there. */
  disputes: { hole: Hole; spread_mm: number | null; point: PointName; labels: Label[] }[];
  annotators: { author: string; n_known: number; points: Partial<Record<PointName, Agreement>> }[];
}

export const listQueue = (query: HoleFilter & Query, signal?: AbortSignal) =>
  http.get<{ total: number; items: QueueItem[] }>("/queue", query, signal);

export const listBatches = (signal?: AbortSignal) => http.get<{ items: Batch[] }>("/batches", undefined, signal);

export const previewBatch = (query: HoleFilter) => http.post<BatchPreview>("/batches/preview", { query });

export const approveBatch = (token: string, seen: string[]) =>
  http.post<{ batch: number; count: number }>("/batches", { token, seen });

export const undoBatch = (batch: number) => http.post<{ count: number }>(`/batches/${batch}/undo`);

export const getAgreement = (tolerance_mm: number, signal?: AbortSignal) =>
  http.get<AgreementReport>("/agreement", { tolerance_mm }, signal);

export const adjudicate = (id: string, points: Record<PointName, { mm: number | null }>, reason: string) =>
  http.post(`/holes/${id}/adjudicate`, { points, reason });
