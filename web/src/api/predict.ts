// Ask a model for the points of a record that need not be in the data directory.
import { http } from "./client";
import type { PointName } from "./types";

export interface PredictedPoint {
  mm: number;
  low_mm: number;
  high_mm: number;
  confidence: number;
}

export interface Prediction {
  file: string;
  points: Record<PointName, PredictedPoint | null>;
  layers_mm: number[];
  grip_code: number | null;
  warnings: string[];
}

export const predict = (run: string, record: File) =>
  http.post<Prediction>("/predict", record, { query: { model: run, file: record.name } });
