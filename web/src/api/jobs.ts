// Requests about jobs: work that goes on in the server while the page shows how far it is.
import { http } from "./client";

export interface Job {
  id: string;
  kind: "prepare" | "evaluate" | "export" | "simulate" | "push" | "replay";
  state: "waiting" | "running" | "done" | "failed" | "stopped";
  stage: string;
  done: number;
  total: number;
  /** What it is at, or what came out, in words. */
  text: string;
  result: Record<string, unknown> | null;
  error: string | null;
  author: string | null;
  created_at: string | null;
}

export const isActive = (job: Job): boolean => job.state === "running" || job.state === "waiting";

export const listJobs = (signal?: AbortSignal) => http.get<{ items: Job[] }>("/jobs", undefined, signal);

export const startJob = (kind: Job["kind"], options: Record<string, unknown>) =>
  http.post<unknown>("/jobs", { kind, options });

export const stopJob = (id: string) => http.post(`/jobs/${id}/stop`);

export const deleteJob = (id: string) => http.delete<{ id: string; kept: string }>(`/jobs/${id}`);

/** Keeps one record in the data directory's uploads. The path names its folders, each part encoded. */
export const putRecord = (path: string, file: Blob) =>
  http.put(`/records/${path.split("/").map(encodeURIComponent).join("/")}`, file);
