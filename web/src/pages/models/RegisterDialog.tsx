// A finished run gets a name and the next version of it.
import { useState } from "preact/hooks";
import { listRegistered, register } from "../../api/registry";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { toast, toastError } from "../../components/Toast";
import { navigate, href } from "../../router";
import { useResource } from "../../state/resource";

export function RegisterDialog({ run, onClose, onDone }: { run: string; onClose: () => void; onDone: () => void }) {
  const known = useResource("registry names", listRegistered);
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { model, version } = await register(name.trim(), run, text.trim());
      onDone();
      toast(`${run} is version ${version} of ${model}`, { action: { text: "Open it", run: () => navigate(href("models", [model, `${version}`])) } });
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  return (
    <Dialog title="Give this run a name" onClose={onClose}>
      <form onSubmit={(event) => void save(event)} class="stack">
        <p>
          {run} becomes the next version of a model. What is needed of it is kept, also when the run is deleted.
        </p>
        <div class="field">
          <label for="model-name">Name of the model</label>
          <input
            id="model-name"
            list="model-names"
            required
            maxLength={100}
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <datalist id="model-names">
            {known.data?.items.map((item) => (
              <option key={item.name} value={item.name} />
            ))}
          </datalist>
          <small>Letters, digits, dot, dash and underscore. A name that is there gets a further version.</small>
        </div>
        <div class="field">
          <label for="model-text">What is new</label>
          <textarea id="model-text" rows={2} maxLength={2000} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </div>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!name.trim()}>
            Register
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
