// Step 2: the records are read, checked and labelled by rule, in the server; the page only watches.
import { useEffect, useRef } from "preact/hooks";
import { type Job, startJob, stopJob } from "../../api/jobs";
import { Button } from "../../components/Button";
import { Progress } from "../../components/Progress";
import { toastError } from "../../components/Toast";
import { newestJob, preparing, unread } from "./steps";

interface Props {
  jobs: Job[];
  onChange: () => void;
  onNext: () => void;
  onBack: () => void;
}

const stages: Record<string, string> = {
  simulating: "making the records",
  reading: "reading and checking each file",
  labeling: "finding the points of each hole",
  writing: "writing the report",
};

export function CheckStep({ jobs, onChange, onNext, onBack }: Props) {
  const running = preparing(jobs);
  const last = newestJob(jobs);
  const toRead = unread(jobs);
  // Simulated records lie among the uploads; they are read as soon as they are there.
  useEffect(() => {
    if (toRead) void startJob("prepare", {}).then(onChange, toastError);
  }, [toRead]);
  const watched = useRef(false);
  if (running) watched.current = true;
  const over = !running && !toRead && last?.state === "done";
  // Whoever watched it finish is led on; whoever came back to this step stays.
  useEffect(() => {
    if (over && watched.current) onNext();
  }, [over]);
  if (toRead) return <p class="card">The simulated records are there; they are handed on to be read.</p>;
  if (running)
    return (
      <div class="card stack" aria-live="polite">
        <h2>{running.kind === "simulate" ? "The records are being made" : "The records are being read"}</h2>
        <p class="soft">
          Each file is checked, and the points where the drill entered, met the next material and came out are found by rule.
        </p>
        <Progress label="Progress" done={running.done} total={running.total} />
        <div class="row">
          <span class="soft grow">
            {running.state === "waiting" ? "waiting for another job to end" : (stages[running.stage] ?? running.stage)}
          </span>
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
          {failed.error}
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
