// Where a newcomer stands on the way from a folder of records to a model. No DOM.
import { isActive, type Job } from "../../api/jobs";
import type { Run } from "../../api/runs";

export const STEPS = ["records", "check", "look", "train", "result"] as const;
export type StepName = (typeof STEPS)[number];

export const stepTitles: Record<StepName, string> = {
  records: "Add records",
  check: "Read and check",
  look: "What was found",
  train: "Train",
  result: "Result",
};

export interface Situation {
  hasData: boolean;
  jobs: Job[];
  runs: Run[];
}

const makesData = (job: Job) => job.kind === "prepare" || job.kind === "simulate";

/** The newest of the jobs that bring records in; jobs come newest first. */
export const newestJob = (jobs: Job[]): Job | undefined => jobs.find(makesData);

export const preparing = (jobs: Job[]): Job | undefined => jobs.find((job) => makesData(job) && isActive(job));

/** Records were simulated, and nothing has read them yet. */
export const unread = (jobs: Job[]): boolean => {
  const newest = newestJob(jobs);
  return newest?.kind === "simulate" && newest.state === "done";
};

/** The run that the guide speaks of: one that runs, or the newest. */
export function guidedRun(runs: Run[]): Run | undefined {
  const newest = [...runs].sort((a, b) => (b.started_at ?? "").localeCompare(a.started_at ?? ""));
  return newest.find((run) => run.state === "running") ?? newest[0];
}

/** What comes next. */
export function currentStep({ hasData, jobs, runs }: Situation): StepName {
  if (preparing(jobs) || unread(jobs)) return "check";
  if (!hasData) return "records";
  const run = guidedRun(runs);
  if (!run) return "look";
  return run.state === "finished" ? "result" : "train";
}

/** Can this step be opened already? */
export function reachable(step: StepName, situation: Situation): boolean {
  const { hasData, jobs, runs } = situation;
  if (step === "records") return true;
  if (step === "check") return hasData || newestJob(jobs) !== undefined;
  if (step === "look" || step === "train") return hasData;
  return guidedRun(runs)?.state === "finished";
}
