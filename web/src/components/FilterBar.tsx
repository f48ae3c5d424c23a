// A search field and drop-down filters in one row, with a button that clears them all.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "./Button";
import { Icon } from "./Icon";

export interface FilterChoice {
  key: string;
  /** "family", "finding", ... */
  title: string;
  options: { value: string; text: string }[];
}

export interface FilterBarProps {
  value: Record<string, string>;
  onChange: (value: Record<string, string>) => void;
  choices: FilterChoice[];
  /** Placeholder of the search field; left out = no search. */
  search?: string;
  compact?: boolean;
}

/** Options whose text is their value, for lists that come from the server. */
export const plainOptions = (values: string[] | undefined) => (values ?? []).map((value) => ({ value, text: value }));

export function FilterBar({ value, onChange, choices, search, compact }: FilterBarProps) {
  const id = useId();
  const [text, setText] = useState(value.search ?? "");
  const latest = useRef(value);
  latest.current = value;
  useEffect(() => setText(value.search ?? ""), [value.search]);
  useEffect(() => {
    if (text === (latest.current.search ?? "")) return;
    const timer = setTimeout(() => onChange({ ...latest.current, search: text }), 150);
    return () => clearTimeout(timer);
  }, [text]);

  const used = Object.values(value).some((v) => v !== "");
  return (
    <div class={compact ? "filters compact" : "filters"} role="search">
      {search !== undefined && (
        <span class="search">
          <Icon name="search" />
          <input
            type="search"
            aria-label={search}
            placeholder={search}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </span>
      )}
      <span class="choices">
        {choices.map((choice) => (
          <select
            key={choice.key}
            id={`${id}-${choice.key}`}
            aria-label={choice.title}
            class={value[choice.key] ? "set" : undefined}
            value={value[choice.key] ?? ""}
            onChange={(event) => onChange({ ...value, [choice.key]: event.currentTarget.value })}
          >
            <option value="">{choice.title}</option>
            {choice.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.text}
              </option>
            ))}
          </select>
        ))}
        {used && (
          <Button small kind="quiet" icon="close" title="Clear all filters" onClick={() => onChange({})} />
        )}
      </span>
    </div>
  );
}
