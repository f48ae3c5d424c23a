// Models with names, versions and aliases (docs/registry.md).
import { apiUrl, http } from "./client";

export interface Registered {
  name: string;
  description: string;
  created_at: string;
  created_by: string;
  /** 0: every version was deleted. */
  latest: number;
  n_versions: number;
  tags: Record<string, string>;
  metrics: Record<string, number>;
  aliases: Record<string, number>;
}

export interface ModelVersion {
  model: string;
  version: number;
  created_at: string;
  created_by: string;
  description: string;
  run: string;
  dataset: string;
  digest: string;
  origin: "registered" | "imported";
  aliases: string[];
  tags: Record<string, string>;
  metrics: Record<string, number>;
  size_bytes: number;
  public_key: string | null;
}

export interface WholeVersion extends ModelVersion {
  facts: Record<string, unknown>;
  files: { path: string; sha256: string; size_bytes: number }[];
}

export interface Finding {
  rule: string;
  verdict: "passed" | "skipped" | "failed";
  message: string;
}

export interface Gate {
  name?: string;
  passed: boolean;
  findings: Finding[];
}

export interface HistoryLine {
  seq: number;
  at: string;
  who: string;
  action: string;
  /** 0: the model itself. */
  version: number;
  alias: string;
  reason: string;
  /** Of a promotion: what the gate found; without findings where it was not asked. Of a change: the text before and after. */
  detail: { previous?: number | null; gate?: Partial<Gate> | null; tag?: string; old?: string | null; new?: string | null } | null;
}

/** What is named is changed; a tag that is null is taken away. */
export interface Change {
  description?: string;
  tags?: Record<string, string | null>;
}

export interface Deleted {
  freed_files: number;
  freed_bytes: number;
  waiting_files: number;
  problem: string;
}

export interface NamedModel extends Registered {
  versions: ModelVersion[];
  history: HistoryLine[];
}

export interface Promotion {
  alias: string;
  gate: "standard" | "none";
  reason: string;
  /** Ask the gate, and change nothing. */
  check: boolean;
}

export interface Promoted {
  model: string;
  version: number;
  alias: string;
  promoted: boolean;
  previous: number | null;
  gate: Gate | null;
}

export interface RolledBack {
  alias: string;
  from: number;
  to: number;
  ms: number;
}

export interface Verified {
  good: boolean;
  checks: { name: string; verdict: Finding["verdict"]; message: string }[];
}

export interface ComparedModel {
  model: string;
  version: number;
  run: string;
  dataset: string;
  created_at: string;
  created_by: string;
  holes: number;
  size_bytes: number;
  folds: number | null;
  latency_ms: number | null;
}

export interface ComparedPoint {
  kind?: "family" | "program" | "tool_age";
  name?: string;
  point: string;
  n: number;
  a: number | null;
  b: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  p: number;
  verdict: "better" | "worse" | "no difference" | "unknown";
}

export interface Comparison {
  a: ComparedModel;
  b: ComparedModel;
  common_holes: number;
  same_dataset: boolean;
  metrics: ComparedPoint[];
  groups: ComparedPoint[];
  figures: { name: string; unit: string; a: number | null; b: number | null }[];
  settings: { key: string; a: string; b: string }[];
}

export interface Imported {
  model: string;
  version: number;
  fingerprint: string;
  trusted: "own" | "known" | "given" | "first";
}

const at = (name: string) => `/registry/${encodeURIComponent(name)}`;
const versionAt = (name: string, version: number) => `${at(name)}/versions/${version}`;

export const listRegistered = (signal?: AbortSignal) => http.get<{ items: Registered[] }>("/registry", undefined, signal);

export const getNamedModel = (name: string, signal?: AbortSignal) => http.get<NamedModel>(at(name), undefined, signal);

export const getVersion = (name: string, version: number, signal?: AbortSignal) =>
  http.get<WholeVersion>(versionAt(name, version), undefined, signal);

export const register = (name: string, run: string, description: string) =>
  http.post<WholeVersion>(`${at(name)}/versions`, { run, description });

/** Without a version it is the model itself. */
export const describe = (name: string, version: number | undefined, change: Change) =>
  http.put<unknown>(version === undefined ? at(name) : versionAt(name, version), change);

export const deleteVersion = (name: string, version: number, reason: string) =>
  http.delete<Deleted>(versionAt(name, version), { query: { reason } });

export const promote = (name: string, version: number, promotion: Promotion) =>
  http.post<Promoted>(`${versionAt(name, version)}/promote`, promotion);

export const rollBack = (name: string, alias: string, reason: string) => http.post<RolledBack>(`${at(name)}/rollback`, { alias, reason });

export const verifyVersion = (name: string, version: number) => http.post<Verified>(`${versionAt(name, version)}/verify`);

export const passportUrl = (name: string, version: number): string => apiUrl(`${versionAt(name, version)}/passport`);

/** trust: the fingerprint of a signer that is trusted from now on. */
export const importPassport = (file: Blob, trust: string) =>
  http.post<Imported>("/passports", new Blob([file], { type: "application/octet-stream" }), { query: { trust } });

/** a, b: NAME:3, NAME@champion, NAME. */
export const compareVersions = (a: string, b: string, signal?: AbortSignal) =>
  http.get<Comparison>("/model-comparison", { a, b }, signal);

export const comparisonPage = (a: string, b: string): string => apiUrl("/model-comparison", { a, b, format: "html" });
