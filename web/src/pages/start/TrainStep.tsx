// Step 4: the first training, with one button, and its curve.
import { useEffect, useRef, useState } from "preact/hooks";
import { getStrategies, type Run, startRun } from "../../api/runs";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { toastError } from "../../components/Toast";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { mayAct } from "../../state/session";
import { firstLook, presetTitle } from "../training/form";
import { RunProgress } from "../training/RunProgress";

interface Props {
  run: Run | undefined;
  onStarted: () => void;
  onResult: () => void;
}

export function TrainStep({ run, onStarted, onResult }: Props) {
  const watched = useRef("");
  if (run?.state === "running") watched.current = run.run;
  // Whoever watched the run finish is led on; whoever came back to this step stays.
  const over = run?.state === "finished" && run.run === watched.current;
  useEffect(() => {
    if (over) onResult();
  }, [over]);
  if (run && run.state !== "finished") return <RunProgress key={run.run} run={run} onChange={onStarted} />;
  return <Begin run={run} onStarted={onStarted} onResult={onResult} />;
}

function Begin({ run, onStarted, onResult }: Props) {
  const strategies = useResource("strategies", getStrategies);
  const [busy, setBusy] = useState(false);
  if (strategies.error && !strategies.data) return <ErrorState error={strategies.error} retry={strategies.reload} />;
  const preset = strategies.data && firstLook(strategies.data.presets);
  const start = async () => {
    if (!preset) return;
    setBusy(true);
    try {
      await startRun(preset.name, {});
      onStarted();
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  return (
    <div class="card stack">
      <h2>Train a first model</h2>
      <p>
        Several small models are trained side by side, each on a part of the holes, and each is then asked about the holes
        that it has not seen. That tells honestly how far off a prediction will be, in millimetres.
      </p>
      {preset && (
        <p class="soft">
          Preset “{presetTitle(preset.name)}”: {preset.doc}
        </p>
      )}
      {!mayAct("engineer") && <p class="problem">To start a run needs the role engineer.</p>}
      <div class="row">
        <Button kind="primary" icon="play" busy={busy} disabled={!preset || !mayAct("engineer")} onClick={start}>
          Start the first look
        </Button>
        <a class="button" href={href("training", ["new"])}>
          Choose everything myself
        </a>
        {run?.state === "finished" && <Button onClick={onResult}>Back to the result</Button>}
      </div>
    </div>
  );
}
