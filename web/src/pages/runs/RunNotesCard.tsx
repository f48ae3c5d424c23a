// Tags and notes: what people say of a run. Nothing that was written is lost; a tag that is taken away stays in its file.
import { useState } from "preact/hooks";
import { addNote, type RunNotes, setTags } from "../../api/runStore";
import { Button } from "../../components/Button";
import { Section } from "../../components/PageHead";
import { toastError } from "../../components/Toast";
import { mayAct } from "../../state/session";
import { moment } from "../../text/format";

export function RunNotesCard({ run, onChange }: { run: RunNotes; onChange: () => void }) {
  const may = mayAct("engineer");
  const tags = Object.entries(run.tags);
  const act = (work: Promise<unknown>) => work.then(onChange, toastError);
  return (
    <Section title="Tags and notes">
      <div class="card stack">
        <ul class="tags">
          {tags.map(([key, value]) => (
            <li key={key} class="chip">
              <b>{key}</b> {value}
              {may && <Button small kind="quiet" icon="close" title={`Take the tag ${key} away`} onClick={() => void act(setTags(run.run, { [key]: null }))} />}
            </li>
          ))}
          {tags.length === 0 && <li class="soft">No tag yet.</li>}
        </ul>
        {may && <TagForm onAdd={(key, value) => act(setTags(run.run, { [key]: value }))} />}
        <ul class="comments">
          {run.notes.map((note, i) => (
            <li key={i}>
              <b>{note.user ?? "unknown"}</b> <small>{moment(note.at)}</small>
              <p>{note.text}</p>
            </li>
          ))}
        </ul>
        {may && <NoteForm onAdd={(text) => act(addNote(run.run, text))} />}
      </div>
    </Section>
  );
}

function TagForm({ onAdd }: { onAdd: (key: string, value: string) => Promise<unknown> }) {
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

function NoteForm({ onAdd }: { onAdd: (text: string) => Promise<unknown> }) {
  const [text, setText] = useState("");
  const add = (event: Event) => {
    event.preventDefault();
    if (text.trim()) void onAdd(text.trim()).then(() => setText(""));
  };
  return (
    <form class="comment-form" onSubmit={add}>
      <textarea rows={2} maxLength={2000} aria-label="Note on this run" placeholder="Write a note" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <Button small type="submit" disabled={!text.trim()}>
        Add note
      </Button>
    </form>
  );
}
