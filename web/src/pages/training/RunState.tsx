// How far a run is, and what it has to say.
import type { Run } from "../../api/runs";
import { Progress } from "../../components/Progress";
import { count, duration } from "../../text/format";
import type { Curves } from "./curves";
import { epochsDone, RunBadge } from "./RunBadge";

export function RunState({ run, curves, connected }: { run: Run; curves: Curves; connected: boolean }) {
  if (run.state === "finished") return null;
  const seen = curves.folds.reduce((sum, fold) => sum + fold.epochs, 0);
  const done = Math.max(epochsDone(run), seen);
  const total = run.n_folds * run.epochs;
  const left = run.state === "running" && run.eta_s !== null ? `, about ${duration(run.eta_s)} left` : "";
  return (
    <div class="card stack">
      <div class="row">
        <RunBadge state={run.state} />
        <div class="grow">
          <Progress
            label="Epochs of all folds"
            done={done}
            total={total}
            text={`${count(done)} of ${count(total)} epochs${left}`}
          />
        </div>
        {run.state === "running" && !connected && <span class="soft">waiting for the server …</span>}
      </div>
      {run.message && <p class={run.state === "failed" ? "problem" : "soft"}>{run.message}</p>}
      {run.messages && run.messages.length > 0 && (
        <ul class="soft">
          {run.messages.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      {run.state === "failed" && run.log && (
        <details>
          <summary>Last lines of its log</summary>
          <pre class="log">{run.log}</pre>
        </details>
      )}
    </div>
  );
}
