// Right, below: what the record says about itself, what people said about it, and what was done to its label.
import { useEffect, useRef, useState } from "preact/hooks";
import { addComment, getLabels } from "../../api/holes";
import type { Comment, HeaderField, HistoryEntry } from "../../api/types";
import { Button } from "../../components/Button";
import { toastError } from "../../components/Toast";
import { useResource } from "../../state/resource";
import { useStore } from "../../state/store";
import { count, duration, fixed, moment } from "../../text/format";
import type { LoadedHole } from "./holeCache";
import { editor } from "./labelEditor";

/** Some hundred rows: made only when somebody opens them. */
function Fields({ fields }: { fields: HeaderField[] }) {
  const sections = [...new Set(fields.map((field) => field.section))];
  return (
    <>
      {sections.map((section) => (
        <dl class="record-facts" key={section}>
          <dt class="record-section">{section}</dt>
          {fields
            .filter((field) => field.section === section)
            .map((field, i) => (
              <div key={i}>
                <dt>{field.key}</dt>
                <dd title={field.value}>{field.value || "–"}</dd>
              </div>
            ))}
        </dl>
      ))}
    </>
  );
}

export function MetaPanel({ hole }: { hole: LoadedHole }) {
  const { hole: facts } = hole.detail;
  const [open, setOpen] = useState(false);
  const rows: [string, string][] = [
    ["Tool", facts.tool || "–"],
    ["Tool age", facts.tool_age === null ? "–" : `${count(facts.tool_age)} holes`],
    ["Program", facts.program_id.slice(0, 8) || "–"],
    ["Date", facts.date ? facts.date.replace("T", " ") : "–"],
    ["Length", `${count(facts.n_rows)} rows, ${duration(facts.n_rows * hole.axis.secondsPerRow)}`],
    ["SHA-256", facts.id.slice(0, 16)],
  ];
  return (
    <section>
      <h2>Record</h2>
      <dl class="record-facts">
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ))}
      </dl>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>All {count(hole.detail.fields.length)} header fields</summary>
        {open && <Fields fields={hole.detail.fields} />}
      </details>
      <a class="button small" href={`/api/holes/${facts.id}/record`} download>
        Signals as CSV
      </a>
    </section>
  );
}

export function CommentsPanel({ hole }: { hole: LoadedHole }) {
  const id = hole.detail.hole.id;
  const [added, setAdded] = useState<Comment[]>([]);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const latest = useRef(id);
  latest.current = id;
  useEffect(() => {
    setAdded([]);
    setText("");
  }, [id]);
  const send = async (event?: Event) => {
    event?.preventDefault();
    if (!text.trim() || busy) return;
    setBusy(true);
    try {
      const comment = await addComment(id, text.trim());
      if (latest.current === id) {
        setAdded((old) => [...old, comment]);
        setText("");
      }
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  const known = hole.detail.comments;
  const comments = [...known, ...added.filter((item) => !known.some((old) => old.id === item.id))];
  return (
    <section>
      <h2>Comments</h2>
      <ul class="comments">
        {comments.map((comment) => (
          <li key={comment.id}>
            <b>{comment.author}</b> <small>{moment(comment.at)}</small>
            <p>{comment.text}</p>
          </li>
        ))}
      </ul>
      <form class="comment-form" onSubmit={(event) => void send(event)}>
        <textarea
          id="comment"
          rows={2}
          maxLength={2000}
          placeholder="Write a comment; Enter sends it"
          aria-label="Comment on this hole"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) void send(event);
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        {text.trim() && (
          <Button small kind="primary" type="submit" busy={busy}>
            Send
          </Button>
        )}
      </form>
    </section>
  );
}

function HistoryRow({ entry }: { entry: HistoryEntry }) {
  const { entry: a, transition: b, exit: c } = entry.label.points;
  const depths = entry.label.rejected ? "rejected" : [a, b, c].map((point) => fixed(point.mm, 2)).join(" · ");
  return (
    <li>
      <span>
        {entry.gesture || "label"} <small>{entry.author}</small>
      </span>
      <small class="n">{depths}</small>
      <small class="when">{moment(entry.at)}</small>
    </li>
  );
}

export function HistoryPanel({ hole }: { hole: LoadedHole }) {
  const id = hole.detail.hole.id;
  const version = useStore(editor, (state) => (state.id === id ? state.version : 0));
  const [open, setOpen] = useState(false);
  return (
    <section>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>History of the label</summary>
        {open && <HistoryList id={id} version={version} />}
      </details>
    </section>
  );
}

function HistoryList({ id, version }: { id: string; version: number }) {
  const { data, error } = useResource(`${id}/${version}`, (signal) => getLabels(id, signal));
  if (error) return <p class="problem">{error.message}</p>;
  if (!data) return <p class="soft">loading</p>;
  const history = [...data.history].sort((a, b) => b.version - a.version);
  if (history.length === 0) return <p class="soft">Nobody has changed this label yet.</p>;
  return (
    <ol class="history">
      {history.map((entry) => (
        <HistoryRow key={entry.version} entry={entry} />
      ))}
    </ol>
  );
}
