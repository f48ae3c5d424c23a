// What people say of a model or a version: a description and tags, changed in place. The history keeps what was said before.
import { useState } from "preact/hooks";
import { type Change, describe } from "../../api/registry";
import { Button } from "../../components/Button";
import { Section } from "../../components/PageHead";
import { Tags } from "../../components/Tags";
import { toastError } from "../../components/Toast";
import { mayAct } from "../../state/session";

interface Props {
  model: string;
  /** Without one it is the model itself. */
  version?: number;
  description: string;
  tags: Record<string, string>;
  onChange: () => void;
}

export function Said({ model, version, description, tags, onChange }: Props) {
  const may = mayAct("engineer");
  const change = (what: Change) => describe(model, version, what).then(onChange);
  return (
    <Section title="Description and tags">
      <div class="card stack">
        <Description text={description} onSave={may ? (text) => change({ description: text }) : null} />
        <Tags tags={tags} onSet={may ? (key, text) => change({ tags: { [key]: text } }).catch(toastError) : null} />
      </div>
    </Section>
  );
}

function Description({ text, onSave }: { text: string; onSave: ((text: string) => Promise<unknown>) | null }) {
  const [edited, setEdited] = useState<string | null>(null);
  const save = (event: Event) => {
    event.preventDefault();
    if (onSave && edited !== null) void onSave(edited.trim()).then(() => setEdited(null), toastError);
  };
  if (edited !== null)
    return (
      <form class="comment-form" onSubmit={save} onKeyDown={(event) => event.key === "Escape" && setEdited(null)}>
        <textarea rows={3} maxLength={2000} aria-label="Description" autofocus value={edited} onInput={(event) => setEdited(event.currentTarget.value)} />
        <div class="row">
          <Button small kind="primary" type="submit" disabled={edited.trim() === text}>
            Save
          </Button>
          <Button small onClick={() => setEdited(null)}>
            Cancel
          </Button>
        </div>
      </form>
    );
  return (
    <div class="row">
      <span class={text ? "" : "soft"}>{text || "No description yet."}</span>
      {onSave && (
        <Button small kind="quiet" title="Change the description" onClick={() => setEdited(text)}>
          Edit
        </Button>
      )}
    </div>
  );
}
