// Tags of a thing: name and text; who may, adds some and takes some away.
import { useState } from "preact/hooks";
import { Button } from "./Button";

interface Props {
  tags: Record<string, string>;
  /** null takes a tag away; without it nothing can be changed. */
  onSet: ((key: string, text: string | null) => Promise<unknown>) | null;
}

export function Tags({ tags, onSet }: Props) {
  const entries = Object.entries(tags);
  return (
    <>
      <ul class="tags">
        {entries.map(([key, text]) => (
          <li key={key} class="chip">
            <b>{key}</b> {text}
            {onSet && <Button small kind="quiet" icon="close" title={`Take the tag ${key} away`} onClick={() => void onSet(key, null)} />}
          </li>
        ))}
        {entries.length === 0 && <li class="soft">No tag yet.</li>}
      </ul>
      {onSet && <TagForm onAdd={onSet} />}
    </>
  );
}

function TagForm({ onAdd }: { onAdd: (key: string, text: string) => Promise<unknown> }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const add = (event: Event) => {
    event.preventDefault();
    if (!key.trim() || !value.trim()) return;
    void onAdd(key.trim(), value.trim()).then(() => {
      setKey("");
      setValue("");
    });
  };
  return (
    <form class="row" onSubmit={add}>
      <input aria-label="Name of the tag" placeholder="name" maxLength={60} value={key} onInput={(event) => setKey(event.currentTarget.value)} />
      <input aria-label="Text of the tag" placeholder="text" maxLength={200} value={value} onInput={(event) => setValue(event.currentTarget.value)} />
      <Button small type="submit" disabled={!key.trim() || !value.trim()}>
        Tag
      </Button>
    </form>
  );
}
