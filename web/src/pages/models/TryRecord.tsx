// Try a model on a record: drop a file, see its points, layers and grip code.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { predict, type PredictedPoint, type Prediction } from "../../api/predict";
import type { Model } from "../../api/runs";
import { type PointName, POINTS } from "../../api/types";
import { Button } from "../../components/Button";
import { Section } from "../../components/PageHead";
import { curveOfFile, HolePlot, type Marks, MarksLegend } from "../../components/HolePlot";
import type { HoleCurve } from "../../components/holeCurve";
import { fixed, percent } from "../../text/format";

export function TryRecord({ models, first }: { models: Model[]; first: string }) {
  const [run, setRun] = useState(first);
  const [file, setFile] = useState<File | null>(null);
  const [found, setFound] = useState<{ answer: Prediction; curve: HoleCurve } | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setRun(first), [first]);
  useEffect(() => {
    if (!file || !run) return;
    let wanted = true;
    setBusy(true);
    setError(null);
    Promise.all([predict(run, file), curveOfFile(file)])
      .then(([answer, curve]) => wanted && setFound({ answer, curve }))
      .catch((cause: unknown) => {
        if (!wanted) return;
        setFound(null);
        setError(cause instanceof ApiError ? cause : new ApiError(0, "internal", String(cause), "", null));
      })
      .finally(() => wanted && setBusy(false));
    return () => {
      wanted = false;
    };
  }, [file, run]);
  const take = (files: FileList | null | undefined) => files?.[0] && setFile(files[0]);
  return (
    <Section
      title="Try a record"
      aside={
        <select aria-label="Model to try" value={run} onChange={(event) => setRun(event.currentTarget.value)}>
          {models.map((m) => (
            <option key={m.run}>{m.run}</option>
          ))}
        </select>
      }
    >
      <div
        class={over ? "card stack drop over" : "card stack drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files);
        }}
      >
        <div class="row">
          <Button icon="upload" busy={busy} onClick={() => input.current?.click()}>
            Choose a record
          </Button>
          <input ref={input} type="file" hidden aria-label="Record" onChange={(event) => take(event.currentTarget.files)} />
          <span class="soft">{file ? file.name : "or drop one machine file here. It is not kept."}</span>
        </div>
        {error && (
          <p class="problem" role="alert">
            {error.message} {error.hint}
          </p>
        )}
        {found && !error && <Answer {...found} name={file?.name ?? ""} />}
      </div>
    </Section>
  );
}

/** With the interval as two further labels: where the point lies at the least and at the most. */
function marksOf(answer: Prediction): Marks[] {
  const at = (read: (point: PredictedPoint) => number) => {
    const mm = (name: PointName) => ({ mm: answer.points[name] ? read(answer.points[name]) : null });
    return { entry: mm("entry"), transition: mm("transition"), exit: mm("exit") };
  };
  return [
    { name: "prediction", points: at((p) => p.mm) },
    { name: "at the least", points: at((p) => p.low_mm), tone: 8 },
    { name: "at the most", points: at((p) => p.high_mm), tone: 8 },
  ];
}

function Answer({ answer, curve, name }: { answer: Prediction; curve: HoleCurve; name: string }) {
  const marks = marksOf(answer);
  return (
    <div class="stack" aria-live="polite">
      <MarksLegend marks={marks} />
      <HolePlot id="" curve={curve} marks={marks} title={`Prediction for ${name}`} width={560} height={240} />
      <table class="small-table">
        <caption class="hidden">Predicted points in mm</caption>
        <thead>
          <tr>
            <th scope="col">Point</th>
            <th scope="col" class="n">
              depth <small>mm</small>
            </th>
            <th scope="col" class="n">
              probably within <small>mm</small>
            </th>
            <th scope="col" class="n" title="how probable it is that the point lies there, and not elsewhere in the hole">
              sure
            </th>
          </tr>
        </thead>
        <tbody>
          {POINTS.map((name) => {
            const point = answer.points[name];
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="n">{point ? fixed(point.mm, 2) : "absent"}</td>
                <td class="n">{point ? `${fixed(point.low_mm, 2)} to ${fixed(point.high_mm, 2)}` : "–"}</td>
                <td class="n">{point ? percent(point.confidence) : "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <dl class="facts">
        {answer.layers_mm.map((layer, at) => (
          <div key={at}>
            <dt>Layer {at + 1}</dt>
            <dd>{fixed(layer, 2)} mm</dd>
          </div>
        ))}
        <div>
          <dt>Grip code</dt>
          <dd>{answer.grip_code ?? "–"}</dd>
        </div>
      </dl>
      {answer.warnings.length > 0 && (
        <ul class="warnings">
          {answer.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
