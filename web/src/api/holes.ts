// Requests about holes and their labels.
import { http, type Query } from "./client";
import type { Comment, HoleDetail, HoleFilter, HoleList, LabelAnswer, LabelWrite, Labels } from "./types";

/** Signals of one hole, a row every 10 ms, each column as long as the others. */
export interface Signals {
  rows: number;
  depth: Float32Array;
  torque: Float32Array;
  thrust: Float32Array;
  step: Float32Array;
  stop: Float32Array;
  power: Float32Array;
}

const columns = ["depth", "torque", "thrust", "step", "stop", "power"] as const;

export function listHoles(filter: HoleFilter & Query, signal?: AbortSignal): Promise<HoleList> {
  return http.get<HoleList>("/holes", filter, signal);
}

export function getHole(id: string, signal?: AbortSignal): Promise<HoleDetail> {
  return http.get<HoleDetail>(`/holes/${id}`, undefined, signal);
}

export async function getSignals(id: string, signal?: AbortSignal): Promise<Signals> {
  const { data, headers } = await http.bytes(`/holes/${id}/signals`, { columns: columns.join(",") }, signal);
  const rows = Number(headers.get("X-Gimlet-Rows") ?? data.byteLength / 4 / columns.length);
  if (data.byteLength !== rows * columns.length * 4) throw new Error("The signals of this hole arrived incomplete.");
  const column = (name: (typeof columns)[number]) => new Float32Array(data, columns.indexOf(name) * rows * 4, rows);
  return {
    rows,
    depth: column("depth"),
    torque: column("torque"),
    thrust: column("thrust"),
    step: column("step"),
    stop: column("stop"),
    power: column("power"),
  };
}

export function getLabels(id: string, signal?: AbortSignal): Promise<Labels> {
  return http.get<Labels>(`/holes/${id}/labels`, undefined, signal);
}

export function putLabels(id: string, version: number, label: LabelWrite): Promise<LabelAnswer> {
  return http.put<LabelAnswer>(`/holes/${id}/labels`, label, { ifMatch: version });
}

export function undo(id: string, version: number): Promise<LabelAnswer> {
  return http.post<LabelAnswer>(`/holes/${id}/undo`, {}, { ifMatch: version });
}

export function redo(id: string, version: number): Promise<LabelAnswer> {
  return http.post<LabelAnswer>(`/holes/${id}/redo`, {}, { ifMatch: version });
}

export function addComment(id: string, text: string): Promise<Comment> {
  return http.post<Comment>(`/holes/${id}/comments`, { text });
}
