// A filter as a person writes it: metrics.exit_mae_mm < 0.1 and params.epochs >= 60. What is wrong with it is said below,
// with a mark under the place.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../../api/client";
import type { RunKey } from "../../api/runStore";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";

const examples = [
  { text: "good exits", filter: "metrics.exit_mae_mm < 0.1" },
  { text: "finished", filter: "state = 'finished'" },
  { text: "tagged", filter: "tags.kept = 'yes'" },
];

/** The word that is being written: what completes it is offered. */
const lastWord = (text: string): string => /[\w.]*$/.exec(text)?.[0] ?? "";

function placeOf(error: ApiError): number | null {
  const column = (error.body as { error?: { column?: number | null } } | null)?.error?.column;
  return typeof column === "number" && column > 0 ? column : null;
}

export interface FilterWordsProps {
  value: string;
  keys: RunKey[];
  error: ApiError | null;
  onChange: (filter: string) => void;
}

export function FilterWords({ value, keys, error, onChange }: FilterWordsProps) {
  const [text, setText] = useState(value);
  const [typing, setTyping] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  const word = lastWord(text);
  const offers = typing && word.length > 1 ? keys.filter(({ key }) => key.includes(word) && key !== word).slice(0, 8) : [];
  const complete = (key: string) => {
    setText(`${text.slice(0, text.length - word.length)}${key} `);
    input.current?.focus();
  };
  const wrong = error?.status === 400 ? error : null;
  const column = wrong ? placeOf(wrong) : null;
  return (
    <form
      class="filter-words"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        setTyping(false);
        onChange(text.trim());
      }}
    >
      <span class={wrong ? "search wrong" : "search"}>
        <Icon name="filter" />
        <input
          ref={input}
          type="search"
          aria-label="Filter runs"
          aria-invalid={wrong !== null}
          aria-describedby="filter-help"
          placeholder="metrics.exit_mae_mm < 0.1 and params.epochs >= 60"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setTyping(true);
          }}
        />
      </span>
      <Button type="submit">Find</Button>
      {value && (
        <Button kind="quiet" icon="close" title="All runs" onClick={() => onChange("")} />
      )}
      <span class="chips">
        {!text && examples.map((one) => (
          <button key={one.text} type="button" class="chip" title={one.filter} onClick={() => onChange(one.filter)}>
            {one.text}
          </button>
        ))}
        {offers.map(({ key, doc }) => (
          <button key={key} type="button" class="chip" title={doc} onClick={() => complete(key)}>
            {key}
          </button>
        ))}
      </span>
      <div id="filter-help">
        {wrong && (
          <>
            {column !== null && <pre class="place" aria-hidden="true">{`${value}\n${" ".repeat(column - 1)}↑`}</pre>}
            <p class="problem" role="alert">
              {wrong.message}
              {wrong.hint && <small> {wrong.hint.startsWith("gimlet") ? "" : wrong.hint}</small>}
            </p>
          </>
        )}
      </div>
    </form>
  );
}
