// The shapes of the REST API, as docs/api.md writes them. Depths in mm; absent numbers are null.

export const POINTS = ["entry", "transition", "exit"] as const;
export type PointName = (typeof POINTS)[number];
export type Source = "rule" | "model" | "expert" | "truth";
export type Category = "high" | "medium" | "low";
export type Severity = "info" | "warning" | "failed" | "error";
export type Verdict = "ok" | "warning" | "failed" | "error";
export type Role = "viewer" | "annotator" | "engineer" | "admin";

export interface Point {
  mm: number | null;
  confidence: number | null;
  evidence: string;
}
export type Points = Record<PointName, Point>;

export interface Label {
  source: Source;
  author: string;
  made_at: string;
  confidence: number | null;
  category: Category;
  rejected: boolean;
  reason: string;
  factors: { clarity: number | null; signal: number | null; pattern: number | null } | null;
  points: Points;
}

export interface Hole {
  id: string;
  file: string;
  family: string;
  verdict: Verdict;
  score: number | null;
  n_rows: number;
  program_id: string;
  tool: string;
  tool_age: number | null;
  date: string;
  state: "auto" | "reviewed" | "rejected";
  checks: string[];
  sources: Source[];
  authors: string[];
  version: number;
  label: Label | null;
}

export interface Step {
  step: number;
  first: number;
  count: number;
  stop_code: number;
  stop_text: string;
  from_mm: number | null;
  to_mm: number | null;
}

export interface Candidate {
  point: PointName | "any";
  kind: "torque_onset" | "thrust_knee" | "step_edge" | "model_peak" | "label";
  mm: number;
  row: number | null;
  text: string;
  strength: number;
}

export interface Finding {
  check: string;
  severity: Severity;
  message: string;
  line: number | null;
  column: number | null;
  hint: string | null;
  /** Where in the hole, where it has a place. */
  from_mm?: number | null;
  to_mm?: number | null;
}

export interface Ghost {
  name: string;
  source: Source;
  points: Points;
}

export interface Comment {
  id: number;
  author: string;
  at: string;
  text: string;
}

export interface HeaderField {
  section: string;
  key: string;
  value: string;
}

export interface HoleDetail {
  hole: Hole;
  meta: Record<string, string | number | boolean | null>;
  fields: HeaderField[];
  program: Record<string, string | number | boolean | null>[];
  steps: Step[];
  findings: Finding[];
  labels: Label[];
  ghosts: Ghost[];
  candidates: Candidate[];
  comments: Comment[];
  can_undo: boolean;
  can_redo: boolean;
}

export interface Progress {
  reviewed: number;
  rejected: number;
  total: number;
}

export interface HoleList {
  total: number;
  items: Hole[];
  families: string[];
  programs: string[];
  findings: string[];
  authors: string[];
  progress: Progress;
}

export interface HistoryEntry {
  version: number;
  at: string;
  author: string;
  gesture: string;
  label: Label;
}

export interface Labels {
  version: number;
  labels: Label[];
  history: HistoryEntry[];
}

/** What PUT labels sends: the three depths, or why the hole cannot be labelled. */
export interface LabelWrite {
  points: Record<PointName, { mm: number | null }>;
  rejected: boolean;
  reason: string;
  gesture: string;
}

export interface LabelAnswer {
  version: number;
  label: Label | null;
  can_undo: boolean;
  can_redo: boolean;
}

/** Body of a 409: somebody else saved in between. */
export interface Conflict {
  theirs: Label[];
  version: number;
}

export interface Session {
  user: string;
  /** "none": the server has users, and nobody is signed in here. */
  role: Role | "none";
  users_configured: boolean;
  version: string;
  data_dir: string;
  models_dir: string;
  has_data: boolean;
  has_models: boolean;
}

/** Filters of holes, queue and batches; empty = no filter. */
export interface HoleFilter {
  search?: string;
  category?: string;
  family?: string;
  verdict?: string;
  finding?: string;
  source?: string;
  author?: string;
  state?: string;
}
