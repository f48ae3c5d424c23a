// One parameter of a run: its name, what it means, its value, and what is wrong with that.
import { useId } from "preact/hooks";
import { Button } from "../../components/Button";
import { asText, type Field } from "./form";

export interface ParameterFieldProps {
  field: Field;
  text: string;
  /** What the preset says; shown where the text differs. */
  preset: string;
  problem: string | undefined;
  onChange: (text: string) => void;
}

export function ParameterField({ field, text, preset, problem, onChange }: ParameterFieldProps) {
  const { spec, label, help } = field;
  const id = useId();
  const changed = text.trim() !== preset;
  const described = { id, "aria-describedby": `${id}-help`, "aria-invalid": problem !== undefined };
  return (
    <div class={problem ? "parameter wrong" : changed ? "parameter changed" : "parameter"} data-key={spec.key}>
      <label for={id} title={spec.key}>
        {label}
      </label>
      {spec.type === "bool" ? (
        <select {...described} value={text} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      ) : spec.choices ? (
        <select {...described} value={text} onChange={(event) => onChange(event.currentTarget.value)}>
          {spec.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <span class="number-unit">
          <input
            {...described}
            autocomplete="off"
            inputMode={spec.type === "string" ? "text" : "decimal"}
            value={text}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          {spec.unit && <span class="unit">{spec.unit}</span>}
        </span>
      )}
      <p id={`${id}-help`}>
        {problem && <strong class="problem">{problem} </strong>}
        {help}
        {changed && (
          <Button small kind="quiet" icon="undo" onClick={() => onChange(preset)}>
            back to {asText(preset) || "empty"}
          </Button>
        )}
      </p>
    </div>
  );
}
