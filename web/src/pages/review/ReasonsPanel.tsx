// Right: how sure the label is and why, in words, and what the quality checks found.
import { Badge, CategoryBadge, VerdictBadge } from "../../components/Badge";
import { useStore } from "../../state/store";
import { Button } from "../../components/Button";
import { fixed, mm, moment } from "../../text/format";
import { confidenceSentence, factorsOf } from "./derived";
import type { LoadedHole } from "./holeCache";
import { editor } from "./labelEditor";
import { zoomToMm } from "./reviewView";

const sourceText = { rule: "by rule", model: "by a model", expert: "by a person", truth: "known truth" } as const;

export function ConfidencePanel() {
  const label = useStore(editor, (state) => state.label);
  const rejected = useStore(editor, (state) => state.rejected);
  const reason = useStore(editor, (state) => state.reason);
  if (!label) return null;
  const factors = factorsOf(label);
  return (
    <section>
      <h2>Label</h2>
      <p class="badges">
        {rejected ? <Badge tone="error">rejected</Badge> : <CategoryBadge category={label.category} />}
        <span>
          {sourceText[label.source]}
          {label.made_at && <small> {moment(label.made_at)}</small>}
        </span>
        {label.confidence !== null && !rejected && <b class="push">{fixed(label.confidence, 2)}</b>}
      </p>
      <p>{rejected ? `Cannot be labelled: ${reason}.` : confidenceSentence(label)}</p>
      {factors.length > 0 && !rejected && (
        <ul class="factors">
          {factors.map((factor) => (
            <li key={factor.title} title={factor.text}>
              <span>{factor.title}</span>
              <meter min={0} max={1} low={0.7} high={0.9} optimum={1} value={factor.value} aria-label={factor.title} />
              <span>{factor.words}</span>
              <b>{fixed(factor.value, 2)}</b>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The place of a finding, with a millimetre to each side. */
function showPlace(hole: LoadedHole, from: number, to: number | null): void {
  const end = Math.max(from, to ?? from);
  zoomToMm(hole, (from + end) / 2, (end - from) / 2 + 1);
}

export function FindingsPanel({ hole }: { hole: LoadedHole }) {
  const { findings } = hole.detail;
  if (findings.length === 0) return null;
  return (
    <section>
      <h2>Findings</h2>
      <ul class="findings">
        {findings.map((finding, i) => (
          <li key={i}>
            <VerdictBadge verdict={finding.severity} />
            <p title={finding.check}>
              {finding.message}
              {finding.line !== null && <small> line {finding.line}</small>}
              {finding.hint && <small class="hint">{finding.hint}</small>}
              {typeof finding.from_mm === "number" && (
                <Button small kind="quiet" icon="zoom" onClick={() => showPlace(hole, finding.from_mm ?? 0, finding.to_mm ?? null)}>
                  {mm(finding.from_mm)}
                </Button>
              )}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
