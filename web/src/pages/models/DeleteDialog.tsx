// A version that nobody needs is taken away: asked once, with a reason, and then for good.
import { useState } from "preact/hooks";
import { deleteVersion, type ModelVersion } from "../../api/registry";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { toast, toastError } from "../../components/Toast";
import { bytes } from "../../text/format";

export function DeleteDialog({ version, onClose, onDone }: { version: ModelVersion; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const done = await deleteVersion(version.model, version.version, reason.trim());
      const waiting = done.waiting_files ? ` ${done.waiting_files} files are still in the storage: ${done.problem}` : "";
      toast(`Version ${version.version} of ${version.model} is deleted`, { hint: `${bytes(done.freed_bytes)} that only it had are freed.${waiting}` });
      onDone();
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  return (
    <Dialog title={`Delete version ${version.version} of ${version.model}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void run(event)}>
        <p>
          There is no way back: files that no other version has are freed, the number {version.version} is not used again, and no
          rollback goes to it. The history keeps what it was. Where in doubt, take the passport first.
        </p>
        <div class="field">
          <label for="delete-reason">Why</label>
          <input id="delete-reason" required maxLength={2000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </div>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" busy={busy} disabled={!reason.trim()}>
            Delete
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
