// Who labelled the holes, and how sure the labels are.
import type { Dataset } from "../../api/quality";
import { Section } from "../../components/PageHead";
import { type Share, shareClass, ShareBar } from "../../components/ShareBar";
import { href } from "../../router";
import { count } from "../../text/format";

const sourceWords: Record<string, string> = { rule: "rule", model: "model", expert: "expert", truth: "known truth" };

export function LabelState({ dataset }: { dataset: Dataset | undefined }) {
  if (!dataset) return null;
  const sources = Object.entries(dataset.by_source).map(([name, value], at) => ({
    filter: { source: name },
    label: sourceWords[name] ?? name,
    value,
    tone: at + 1,
  }));
  const tones = { high: "ok", medium: "warning", low: "failed" } as const;
  const categories = (["high", "medium", "low"] as const).map((category) => ({
    filter: { category },
    label: category,
    value: dataset.by_category[category] ?? 0,
    tone: tones[category],
  }));
  return (
    <Section title="Labels">
      <div class="card stack">
        <p>
          <b>{count(dataset.labelled)}</b> of {count(dataset.holes)} holes are labelled.
        </p>
        <Shares title="By source" parts={sources} />
        <Shares title="By confidence" parts={categories} />
      </div>
    </Section>
  );
}

function Shares({ title, parts }: { title: string; parts: (Share & { filter: Record<string, string> })[] }) {
  return (
    <div class="shares">
      <h3>{title}</h3>
      <ShareBar label={title} parts={parts} />
      <ul class="share-legend">
        {parts.map((part) => (
          <li key={part.label}>
            <i class={`swatch ${shareClass(part.tone)}`} aria-hidden="true" />
            <a href={href("review", [], part.filter)}>{part.label}</a> <b>{count(part.value)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
