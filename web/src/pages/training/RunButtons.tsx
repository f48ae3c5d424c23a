// Stop and resume.
import { useState } from "preact/hooks";
import { resumeRun, type Run, stopRun } from "../../api/runs";
import { Button } from "../../components/Button";
import { toastError } from "../../components/Toast";
import { mayAct } from "../../state/session";

export function RunButtons({ run, onChange }: { run: Run; onChange: () => void }) {
  const [busy, setBusy] = useState(false);
  const act = async (work: (name: string) => Promise<unknown>) => {
    setBusy(true);
    await work(run.run).catch(toastError);
    setBusy(false);
    onChange();
  };
  if (!mayAct("engineer")) return null;
  if (run.state === "running")
    return (
      <Button icon="stop" busy={busy} onClick={() => act(stopRun)}>
        Stop
      </Button>
    );
  if (run.state === "finished") return null;
  return (
    <Button kind="primary" icon="play" busy={busy} onClick={() => act(resumeRun)}>
      Resume
    </Button>
  );
}
