// Back to the version that an alias meant before: one step, at once.
import { useState } from "preact/hooks";
import { rollBack } from "../../api/registry";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { toast, toastError } from "../../components/Toast";

interface Props {
  model: string;
  alias: string;
  version: number;
  onClose: () => void;
  onDone: () => void;
}

export function RollBackDialog({ model, alias, version, onClose, onDone }: Props) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { to, ms } = await rollBack(model, alias, reason.trim());
      toast(`The ${alias} of ${model} is version ${to} again`, { hint: `It took ${Math.max(1, Math.round(ms))} ms.` });
      onDone();
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  return (
    <Dialog title={`Roll back the ${alias} of ${model}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void run(event)}>
        <p>It is version {version} now; the version before it counts again. Whoever asks for {model}@{alias} gets it from then on.</p>
        <div class="field">
          <label for="rollback-reason">Why</label>
          <input id="rollback-reason" maxLength={2000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </div>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" busy={busy}>
            Roll back
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
