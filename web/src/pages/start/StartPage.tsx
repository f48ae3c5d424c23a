// From a folder of records to the first trained model, in plain words, without the command line.
import { useEffect } from "preact/hooks";
import { listJobs } from "../../api/jobs";
import { listRuns } from "../../api/runs";
import { ErrorState } from "../../components/EmptyState";
import { Icon } from "../../components/Icon";
import { PageHead } from "../../components/PageHead";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import { loadSession, session } from "../../state/session";
import { useStore } from "../../state/store";
import { CheckStep } from "./CheckStep";
import { JobList } from "./JobList";
import { LookStep } from "./LookStep";
import { RecordsStep } from "./RecordsStep";
import { ResultStep } from "./ResultStep";
import { currentStep, guidedRun, preparing, reachable, type Situation, type StepName, STEPS, stepTitles } from "./steps";
import { TrainStep } from "./TrainStep";

export function StartPage({ route }: { route: Route }) {
  const jobs = useResource("jobs", listJobs, 1500);
  const runs = useResource("runs", listRuns, 3000);
  const hasData = useStore(session, (s) => s.value?.has_data ?? false);
  const busy = preparing(jobs.data?.items ?? [])?.id ?? "";
  useEffect(() => void loadSession().catch(() => undefined), [busy]);

  if (jobs.error && !jobs.data) return <ErrorState error={jobs.error} retry={jobs.reload} />;
  if (!jobs.data || !runs.data) return <p class="soft">Loading …</p>;
  const situation: Situation = { hasData, jobs: jobs.data.items, runs: runs.data.items };
  const next = currentStep(situation);
  const asked = STEPS.find((step) => step === route.rest[0]);
  const step = asked && reachable(asked, situation) ? asked : next;
  const go = (to: StepName) => navigate(href("start", [to]));
  const run = guidedRun(situation.runs);
  return (
    <div class="page guide">
      <PageHead title="From records to a model">
        Five steps: add the files that the drilling machines wrote, let them be checked and labelled, and train a first
        model. Everything stays on this computer.
      </PageHead>
      <Stepper step={step} next={next} situation={situation} />
      {step === "records" && <RecordsStep hasData={hasData} onStarted={() => (jobs.reload(), go("check"))} />}
      {step === "check" && <CheckStep jobs={situation.jobs} onChange={jobs.reload} onNext={() => go("look")} onBack={() => go("records")} />}
      {step === "look" && <LookStep onNext={() => go("train")} />}
      {step === "train" && <TrainStep run={run} onStarted={runs.reload} onResult={() => go("result")} />}
      {step === "result" && run && <ResultStep run={run} />}
      <JobList jobs={situation.jobs} onChange={jobs.reload} />
    </div>
  );
}

function Stepper({ step, next, situation }: { step: StepName; next: StepName; situation: Situation }) {
  return (
    <ol class="stepper" aria-label="Steps">
      {STEPS.map((name, at) => {
        const done = at < STEPS.indexOf(next);
        const inside = (
          <>
            <span class="step-mark" aria-hidden="true">
              {done ? <Icon name="check" size={13} /> : at + 1}
            </span>
            <span>
              {stepTitles[name]}
              {done && <span class="hidden"> (done)</span>}
            </span>
          </>
        );
        const classes = [done ? "done" : "", name === step ? "current" : ""].filter(Boolean).join(" ");
        return (
          <li key={name} class={classes} aria-current={name === step ? "step" : undefined}>
            {reachable(name, situation) ? <a href={href("start", [name])}>{inside}</a> : <span>{inside}</span>}
          </li>
        );
      })}
    </ol>
  );
}
