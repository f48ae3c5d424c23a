// Tags and notes: what people say of a run. Nothing that was written is lost; a tag that is taken away stays in its file.
import { useState } from "preact/hooks";
import { addNote, type RunNotes, setTags } from "../../api/runStore";
import { Button } from "../../components/Button";
import { Section } from "../../components/PageHead";
import { Tags } from "../../components/Tags";
import { toastError } from "../../components/Toast";
import { mayAct } from "../../state/session";
import { moment } from "../../text/format";

export function RunNotesCard({ run, onChange }: { run: RunNotes; onChange: () => void }) {
  const may = mayAct("engineer");
  const act = (work: Promise<unknown>) => work.then(onChange, toastError);
  return (
    <Section title="Tags and notes">
      <div class="card stack">
        <Tags tags={run.tags} onSet={may ? (key, text) => act(setTags(run.run, { [key]: text })) : null} />
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
