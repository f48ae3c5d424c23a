// The form of a new run: a preset, the few parameters that people change, and all the others behind "More".
import { useMemo, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { getStrategies, type Preset, startRun, type Strategies } from "../../api/runs";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import {
  basicFields,
  changedValues,
  type Field,
  fieldOfMessage,
  firstLook,
  moreGroups,
  presetTexts,
  presetTitle,
  problems,
  type Texts,
  withStrategies,
} from "./form";
import { ParameterField } from "./ParameterField";

export function NewRun({ route }: { route: Route }) {
  const strategies = useResource("strategies", getStrategies);
  return (
    <>
      <PageHead title="New run">
        Choose a preset and start. Nothing below needs to be changed; what is changed is kept with the run.
      </PageHead>
      {strategies.error && <ErrorState error={strategies.error} retry={strategies.reload} />}
      {strategies.data && <Form given={strategies.data} first={route.query["preset"]} />}
    </>
  );
}

function Form({ given, first }: { given: Strategies; first: string | undefined }) {
  const specs = useMemo(() => withStrategies(given.parameters, given.strategies), [given]);
  const [preset, setPreset] = useState<Preset>(
    () => given.presets.find((p) => p.name === first) ?? firstLook(given.presets) ?? { name: "", doc: "", values: {} },
  );
  const presetAsTexts = useMemo(() => presetTexts(specs, preset.values), [specs, preset]);
  const [texts, setTexts] = useState<Texts>(presetAsTexts);
  const [refused, setRefused] = useState<Texts>({});
  const [general, setGeneral] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const wrong = { ...problems(specs, texts), ...refused };

  const choose = (next: Preset) => {
    setPreset(next);
    setTexts(presetTexts(specs, next.values));
    setRefused({});
  };
  const change = (key: string, text: string) => {
    setTexts({ ...texts, [key]: text });
    const { [key]: _, ...others } = refused;
    setRefused(others);
  };
  const goTo = (key: string) => {
    const place = form.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    place?.closest("details")?.setAttribute("open", "");
    place?.querySelector<HTMLElement>("input, select")?.focus();
  };
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    const [key] = Object.keys(wrong);
    if (key) return goTo(key);
    setBusy(true);
    setGeneral(null);
    try {
      const run = await startRun(preset.name, changedValues(specs, texts, presetAsTexts));
      navigate(href("training", [run.run]));
    } catch (cause) {
      const error = cause instanceof ApiError ? cause : new ApiError(0, "internal", String(cause), "", null);
      const about = fieldOfMessage(specs, error.message);
      if (about) {
        setRefused({ [about]: [error.message, error.hint].filter(Boolean).join(" ") });
        goTo(about);
      } else setGeneral(error);
    }
    setBusy(false);
  };
  const draw = (field: Field) => (
    <ParameterField
      key={field.spec.key}
      field={field}
      text={texts[field.spec.key] ?? ""}
      preset={presetAsTexts[field.spec.key] ?? ""}
      problem={wrong[field.spec.key]}
      onChange={(text) => change(field.spec.key, text)}
    />
  );
  const nWrong = Object.keys(wrong).length;
  return (
    <form class="stack" ref={form} onSubmit={start} noValidate>
      <Presets presets={given.presets} chosen={preset} onChoose={choose} />
      <fieldset class="card">
        <legend>Basics</legend>
        <div class="parameters">{basicFields(specs).map(draw)}</div>
      </fieldset>
      <section class="card">
        <h2>More</h2>
        {moreGroups(specs).map((group) => (
          <details class="parameter-group" key={group.title}>
            <summary>
              {group.title} <span class="soft">{changedWords(group.fields, texts, presetAsTexts)}</span>
            </summary>
            <div class="parameters">{group.fields.map(draw)}</div>
          </details>
        ))}
      </section>
      {general && (
        <div class="card row tone-failed result" role="alert">
          <p>
            <b>{general.message}</b> {general.hint}
          </p>
        </div>
      )}
      <div class="card row start-bar">
        <Button kind="primary" type="submit" icon="play" busy={busy}>
          Start the run
        </Button>
        <span class={nWrong ? "problem" : "soft"} role="status">
          {nWrong
            ? `${nWrong} ${nWrong === 1 ? "value is" : "values are"} not possible yet.`
            : "It goes on when this page is closed, and can be stopped and resumed."}
        </span>
      </div>
    </form>
  );
}

function changedWords(fields: Field[], texts: Texts, preset: Texts): string {
  const changed = fields.filter((f) => (texts[f.spec.key] ?? "").trim() !== preset[f.spec.key]).length;
  return `${fields.length} parameters${changed ? `, ${changed} changed` : ""}`;
}

function Presets({ presets, chosen, onChoose }: { presets: Preset[]; chosen: Preset; onChoose: (preset: Preset) => void }) {
  return (
    <fieldset class="presets">
      <legend class="hidden">Preset</legend>
      {presets.map((preset) => (
        <label key={preset.name} class="card">
          <input type="radio" name="preset" checked={preset.name === chosen.name} onChange={() => onChoose(preset)} />
          <span>
            <b>{presetTitle(preset.name)}</b>
            <span class="soft preset-doc" title={preset.doc}>
              {preset.doc}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
