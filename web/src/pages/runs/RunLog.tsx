// How a run went, in words: the end of its training.log, and the whole texts to open.
import { useState } from "preact/hooks";
import { runFileUrl } from "../../api/runs";
import { type RunDetails, runLogLines } from "../../api/runStore";
import { ErrorState } from "../../components/EmptyState";
import { Section } from "../../components/PageHead";
import { useResource } from "../../state/resource";

const LAST_LINES = 40;
const TRAINING_LOG = "training.log";

export function RunLog({ run }: { run: RunDetails }) {
  const [open, setOpen] = useState(false);
  if (run.logs.length === 0) return null;
  const whole = run.logs.map((path) => (
    <a key={path} class="button quiet" href={runFileUrl(run.run, path)} target="_blank" rel="noreferrer">
      {path}
    </a>
  ));
  return (
    <Section title="Log" intro="How the training went: settings, every epoch, its end." aside={<div class="actions">{whole}</div>}>
      {run.logs.includes(TRAINING_LOG) && (
        <details class="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>The last {LAST_LINES} lines</summary>
          {open && <LastLines run={run} />}
        </details>
      )}
    </Section>
  );
}

function LastLines({ run }: { run: RunDetails }) {
  const follow = run.state === "running" ? 5000 : 0;
  const log = useResource(`log ${run.run}`, (signal) => runLogLines(run.run, TRAINING_LOG, signal), follow);
  if (log.error && !log.data) return <ErrorState error={log.error} retry={log.reload} />;
  return <pre class="log">{log.data ? log.data.slice(-LAST_LINES).join("\n") : "Loading …"}</pre>;
}
