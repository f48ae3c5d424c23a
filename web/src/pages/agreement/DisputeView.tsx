// One dispute: all labels over the signals, the whole hole and the disputed point, and the decision.
import { useMemo, useState } from "preact/hooks";
import { adjudicate } from "../../api/review";
import { type Label, POINTS, type PointName } from "../../api/types";
import { Button } from "../../components/Button";
import { fileName } from "../../components/HoleCard";
import { HolePlot, type Marks, MarksLegend } from "../../components/HolePlot";
import { NumberField } from "../../components/NumberField";
import { toast, toastError } from "../../components/Toast";
import { href } from "../../router";
import { mayAct } from "../../state/session";
import { fixed, percent, signed } from "../../text/format";
import { type Decision, decisionOf, labelName, sameAs, wrongOrder, zoomRange } from "./decide";
import type { Dispute } from "./Disputes";

/** Colours that torque and thrust do not have. */
const tones = [3, 4, 7, 6, 5, 8];

export function DisputeView({ dispute, onDecided }: { dispute: Dispute; onDecided: () => void }) {
  const { hole, labels, point } = dispute;
  const [decision, setDecision] = useState<Decision>(() => decisionOf(preferred(labels)));
  const marks = useMemo<Marks[]>(
    () => labels.map((label, at) => ({ name: labelName(label), points: label.points, tone: tones[at % tones.length] ?? 8 })),
    [labels],
  );
  const range = zoomRange(labels, point);
  const pick = mayAct("engineer")
    ? { onPick: (mm: number) => setDecision({ ...decision, [point]: { mm: Math.round(mm * 100) / 100 } }) }
    : {};
  return (
    <div class="card stack">
      <div class="section-head">
        <h2>{fileName(hole.file)}</h2>
        <a class="button small" href={href("review", [hole.id])}>
          Open in Review
        </a>
      </div>
      <MarksLegend marks={marks} />
      <div class="cards three-two">
        <figure>
          <HolePlot id={hole.id} marks={marks} title={`The whole hole ${fileName(hole.file)}`} width={420} height={220} />
          <figcaption class="soft">The whole hole</figcaption>
        </figure>
        {range && (
          <figure>
            <HolePlot
              id={hole.id}
              marks={marks}
              range={range}
              title={`The ${point}, enlarged`}
              width={420}
              height={220}
              {...pick}
            />
            <figcaption class="soft">
              The {point}, enlarged{mayAct("engineer") ? "; a click takes the depth over" : ""}
            </figcaption>
          </figure>
        )}
      </div>
      <Labels labels={labels} point={point} decision={decision} onTake={(label) => setDecision(decisionOf(label))} />
      {mayAct("engineer") ? (
        <Decide id={hole.id} decision={decision} onChange={setDecision} onDecided={onDecided} />
      ) : (
        <p class="soft">To decide a dispute needs the role engineer.</p>
      )}
    </div>
  );
}

/** Where to start from: a person before a model before a rule. */
function preferred(labels: Label[]): Label {
  const order = ["truth", "expert", "model", "rule"];
  return [...labels].sort((a, b) => order.indexOf(a.source) - order.indexOf(b.source))[0] as Label;
}

interface LabelsProps {
  labels: Label[];
  point: PointName;
  decision: Decision;
  onTake: (label: Label) => void;
}

function Labels({ labels, point, decision, onTake }: LabelsProps) {
  const middle = decision[point].mm;
  return (
    <div class="table plain">
      <table class="choice-row">
        <caption class="hidden">The labels of this hole, in mm</caption>
        <thead>
          <tr>
            <th scope="col">Label</th>
            {POINTS.map((name) => (
              <th key={name} scope="col" class="n">
                {name} <small>mm</small>
              </th>
            ))}
            <th scope="col" class="n" title="distance of the disputed point from the decision below">
              Δ {point} <small>mm</small>
            </th>
            <th scope="col" class="n">
              Confidence
            </th>
            <th scope="col">
              <span class="hidden">Take over</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => {
            const own = label.points[point].mm;
            return (
              <tr key={`${label.source} ${label.author}`}>
                <th scope="row">{labelName(label)}</th>
                {POINTS.map((name) => (
                  <td key={name} class="n">
                    {label.points[name].mm === null ? "absent" : fixed(label.points[name].mm, 2)}
                  </td>
                ))}
                <td class="n">{own === null || middle === null ? "–" : signed(own - middle, 2)}</td>
                <td class="n">{percent(label.confidence)}</td>
                <td>
                  <Button small pressed={sameAs(decision, label)} onClick={() => onTake(label)}>
                    Take this
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface DecideProps {
  id: string;
  decision: Decision;
  onChange: (decision: Decision) => void;
  onDecided: () => void;
}

function Decide({ id, decision, onChange, onDecided }: DecideProps) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const wrong = wrongOrder(decision);
  const decide = async (event: SubmitEvent) => {
    event.preventDefault();
    if (wrong) return;
    setBusy(true);
    try {
      await adjudicate(id, decision, reason.trim());
      toast("Decided. These points now count as the truth of this hole.");
      onDecided();
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  return (
    <form class="stack" onSubmit={decide}>
      <h3>Decision</h3>
      <div class="adjudicate">
        {POINTS.map((point) => (
          <NumberField
            key={point}
            label={point}
            unit="mm"
            nullable
            step={0.05}
            value={decision[point].mm}
            onCommit={(mm) => onChange({ ...decision, [point]: { mm } })}
            help="Empty = absent"
          />
        ))}
      </div>
      {wrong && (
        <p class="problem" role="alert">
          {wrong}
        </p>
      )}
      <div class="row">
        <input
          class="grow"
          aria-label="Reason"
          placeholder="Reason, for those who look at it later"
          value={reason}
          maxLength={500}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
        <Button kind="primary" type="submit" icon="check" busy={busy} disabled={wrong !== null}>
          Decide
        </Button>
      </div>
    </form>
  );
}
