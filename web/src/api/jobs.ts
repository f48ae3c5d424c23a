// Requests about jobs: work that goes on in the server while the page shows how far it is.
import { http } from "./client";

export interface Job {
  id: string;
  kind: "prepare" | "evaluate" | "export" | "simulate";
  state: "running" | "done" | "failed" | "stopped";
  stage: string;
  done: number;
  total: number;
  text: string;
  result: Record<string, unknown> | null;
  error: string | { message: string; hint?: string | null } | null;
}

export const listJobs = (signal?: AbortSignal) => http.get<{ items: Job[] }>("/jobs", undefined, signal);

export const getJob = (id: string, signal?: AbortSignal) => http.get<Job>(`/jobs/${id}`, undefined, signal);

export const startJob = (kind: Job["kind"], options: Record<string, unknown>) =>
  http.post<{ job: string }>("/jobs", { kind, options });

export const stopJob = (id: string) => http.post(`/jobs/${id}/stop`);

/** Keeps one record in the data directory's uploads. The path names its folders, each part encoded. */
export const putRecord = (path: string, file: Blob) =>
  http.put(`/records/${path.split("/").map(encodeURIComponent).join("/")}`, file);
