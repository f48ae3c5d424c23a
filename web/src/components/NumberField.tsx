// A number typed by a person: point or comma, arrow keys step it, Enter or leaving the field commits it.
import { useEffect, useId, useState } from "preact/hooks";
import { fixed } from "../text/format";

export interface NumberFieldProps {
  label: string;
  /** Only for screen readers, where the place says what the number is. */
  labelHidden?: boolean;
  value: number | null;
  onCommit: (value: number | null) => void;
  unit?: string;
  digits?: number;
  step?: number;
  min?: number | null;
  max?: number | null;
  /** An empty field means null; otherwise it is refused. */
  nullable?: boolean;
  help?: string;
  placeholder?: string;
  disabled?: boolean;
}

function parse(text: string): number | null | undefined {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  if (plain === "" || plain === "–") return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

export function NumberField(props: NumberFieldProps) {
  const { label, labelHidden, value, onCommit, unit, digits = 2, step = 1, min, max, nullable, help, placeholder, disabled } = props;
  const id = useId();
  const shown = value === null ? "" : fixed(value, digits);
  const [text, setText] = useState(shown);
  const [error, setError] = useState("");
  useEffect(() => {
    setText(shown);
    setError("");
  }, [shown]);

  const problemOf = (next: number | null | undefined): string => {
    if (next === undefined) return "not a number";
    if (next === null) return nullable ? "" : "a number is needed";
    if (min !== null && min !== undefined && next < min) return `at least ${min}${unit ? ` ${unit}` : ""}`;
    if (max !== null && max !== undefined && next > max) return `at most ${max}${unit ? ` ${unit}` : ""}`;
    return "";
  };
  const commit = () => {
    if (text === shown) return;
    const next = parse(text);
    const problem = problemOf(next);
    setError(problem);
    if (!problem && next !== undefined) onCommit(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") commit();
    else if (event.key === "Escape") {
      setText(shown);
      setError("");
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const sign = event.key === "ArrowUp" ? 1 : -1;
      const next = (parse(text) ?? 0) + sign * step * (event.shiftKey ? 10 : 1);
      if (!problemOf(next)) onCommit(Number(next.toFixed(digits)));
    }
  };
  return (
    <div class="field">
      <label for={id} class={labelHidden ? "hidden" : undefined}>
        {label}
      </label>
      <span class={error ? "number wrong" : "number"}>
        <input
          id={id}
          inputMode="decimal"
          autocomplete="off"
          value={text}
          placeholder={placeholder}
          disabled={disabled}
          aria-invalid={error !== ""}
          aria-describedby={help || error ? `${id}-help` : undefined}
          onInput={(event) => setText(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={onKeyDown}
        />
        {unit && <span class="unit">{unit}</span>}
      </span>
      {(help || error) && (
        <small id={`${id}-help`} class={error ? "problem" : undefined}>
          {error || help}
        </small>
      )}
    </div>
  );
}
