// Ask a model for the points of a record that need not be in the data directory.
import { http } from "./client";
import type { PointName } from "./types";

export interface PredictedPoint {
  mm: number;
  low_mm: number;
  high_mm: number;
}

export interface Prediction {
  file: string;
  points: Record<PointName, PredictedPoint | null>;
  layers_mm: number[];
  grip_code: number | null;
  warnings: string[];
}

/** The answer is a list, as the command line prints it, of the one record that was sent. */
export async function predict(run: string, record: Blob): Promise<Prediction | undefined> {
  const [answer] = await http.post<Prediction[]>("/predict", record, { query: { model: run } });
  return answer;
}
