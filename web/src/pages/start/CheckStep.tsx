// Step 2: the records are read, checked and labelled by rule, in the server; the page only watches.
import { useEffect, useRef } from "preact/hooks";
import { type Job, stopJob } from "../../api/jobs";
import { Button } from "../../components/Button";
import { Progress } from "../../components/Progress";
import { toastError } from "../../components/Toast";
import { preparing } from "./steps";

interface Props {
  jobs: Job[];
  onNext: () => void;
  onBack: () => void;
}

const stages: Record<string, string> = {
  simulating: "making the records",
  reading: "reading and checking each file",
  labeling: "finding the points of each hole",
  writing: "writing the report",
};

function words(job: Job): { message: string; hint: string } {
  if (typeof job.error === "string") return { message: job.error, hint: "" };
  return { message: job.error?.message ?? "It did not say why.", hint: job.error?.hint ?? "" };
}

export function CheckStep({ jobs, onNext, onBack }: Props) {
  const running = preparing(jobs);
  const last = jobs.find((job) => job.kind === "prepare" || job.kind === "simulate");
  const watched = useRef(false);
  if (running) watched.current = true;
  const over = !running && last?.state === "done";
  // Whoever watched it finish is led on; whoever came back to this step stays.
  useEffect(() => {
    if (over && watched.current) onNext();
  }, [over]);
  if (running)
    return (
      <div class="card stack" aria-live="polite">
        <h2>The records are being read</h2>
        <p class="soft">
          Each file is checked, and the points where the drill entered, met the next material and came out are found by rule.
        </p>
        <Progress label="Progress" done={running.done} total={running.total} />
        <div class="row">
          <span class="soft grow">{stages[running.stage] ?? running.stage}</span>
          <Button icon="stop" onClick={() => void stopJob(running.id).catch(toastError)}>
            Stop
          </Button>
        </div>
      </div>
    );
  const failed = last && (last.state === "failed" || last.state === "stopped") ? last : null;
  return (
    <div class="card stack">
      <h2>{failed ? (failed.state === "failed" ? "It could not be done" : "It was stopped") : "All records are read"}</h2>
      {failed?.state === "failed" && (
        <p class="problem" role="alert">
          {words(failed).message} {words(failed).hint}
        </p>
      )}
      <div class="row">
        {failed ? (
          <Button kind="primary" onClick={onBack}>
            Back to the records
          </Button>
        ) : (
          <Button kind="primary" onClick={onNext}>
            See what was found
          </Button>
        )}
      </div>
    </div>
  );
}
