// The long work that the server has done or will do: reading, evaluating, exporting, simulating.
import { useState } from "preact/hooks";
import { deleteJob, isActive, type Job, stopJob } from "../../api/jobs";
import { Badge, type Tone } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Section } from "../../components/PageHead";
import { toast, toastError } from "../../components/Toast";
import { TrashDialog } from "../../components/TrashDialog";
import { mayAct } from "../../state/session";
import { moment } from "../../text/format";

const kinds: Record<Job["kind"], string> = {
  prepare: "read records",
  evaluate: "evaluate a run",
  export: "export a model",
  simulate: "make records",
  push: "tell MLflow of a run",
  replay: "rebuild a run",
};
const tones: Record<Job["state"], Tone> = { waiting: "info", running: "info", done: "ok", failed: "error", stopped: "warning" };

export function JobList({ jobs, onChange }: { jobs: Job[]; onChange: () => void }) {
  const [asked, setAsked] = useState<Job | null>(null);
  if (jobs.length === 0) return null;
  const trash = (job: Job) => {
    setAsked(null);
    deleteJob(job.id).then(({ kept }) => {
      toast("The job is in the trash", { hint: `The folder ${kept} of the data directory; move it back to have it again.` });
      onChange();
    }, toastError);
  };
  return (
    <Section title="Jobs" intro="One is done at a time, the others wait.">
      <div class="table">
        <table class="small-table">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">State</th>
              <th scope="col">What came of it</th>
              <th scope="col">Asked for</th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.id}>
                <td>{kinds[job.kind]}</td>
                <td>
                  <Badge tone={tones[job.state]}>{job.state}</Badge>
                </td>
                <td>{job.error ?? job.text}</td>
                <td>
                  {job.created_at && moment(job.created_at)} <small>{job.author}</small>
                </td>
                <td>{mayAct("engineer") && <Action job={job} onChange={onChange} onDelete={() => setAsked(job)} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {asked && (
        <TrashDialog title="Put this job into the trash?" onKeep={() => setAsked(null)} onTrash={() => trash(asked)}>
          It leaves the list; what it has made stays. Its request and log stay on the disk, below <code>jobs/.trash</code>, until
          somebody empties that.
        </TrashDialog>
      )}
    </Section>
  );
}

function Action({ job, onChange, onDelete }: { job: Job; onChange: () => void; onDelete: () => void }) {
  return isActive(job) ? (
    <Button small kind="quiet" icon="stop" onClick={() => void stopJob(job.id).then(onChange, toastError)}>
      Stop
    </Button>
  ) : (
    <Button small kind="quiet" title="Into the trash" onClick={onDelete}>
      Delete
    </Button>
  );
}
