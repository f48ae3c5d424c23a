// Step 3: what was found in the records, in plain words, with a look at some holes for those who want it.
import { listHoles } from "../../api/holes";
import { getQuality, listDatasets, type Quality } from "../../api/quality";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { type Figure, Figures } from "../../components/Figures";
import { HoleCard } from "../../components/HoleCard";
import { Section } from "../../components/PageHead";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, percent } from "../../text/format";

export function LookStep({ onNext }: { onNext: () => void }) {
  const quality = useResource("quality", getQuality);
  const datasets = useResource("datasets", listDatasets);
  const unsure = useResource("unsure", (signal) => listHoles({ sort: "confidence", limit: 4 }, signal));
  if (quality.error && !quality.data) return <ErrorState error={quality.error} retry={quality.reload} />;
  if (!quality.data) return <p class="soft">Loading …</p>;
  const dataset = datasets.data?.items[0];
  const { totals } = quality.data;
  const fit = totals.ok + totals.warning;
  return (
    <>
      <Figures items={figures(totals, dataset?.labelled, dataset?.by_category["high"])} />
      <div class="card stack">
        <p>
          {fit === 0
            ? "None of the files is a record that can be trained on. The quality report says why for each."
            : `${count(fit)} of ${count(totals.files)} records can be trained on, from ${count(quality.data.families.length)} ${quality.data.families.length === 1 ? "kind" : "kinds"} of hole. ${enough(fit)}`}
        </p>
        <div class="row">
          {fit > 0 && (
            <Button kind="primary" onClick={onNext}>
              Go on to training
            </Button>
          )}
          <a class="button" href={href("quality")}>
            Quality report
          </a>
          <a class="button" href={href("queue")}>
            Correct labels first
          </a>
        </div>
      </div>
      {unsure.data && unsure.data.items.length > 0 && (
        <Section
          title="The labels that the rules are least sure of"
          intro="E = entry, T = transition to the next material, X = exit. A look is optional now; corrected labels make every later training better. A name opens the hole in Review."
        >
          <div class="cards">
            {unsure.data.items.map((hole) => (
              <HoleCard key={hole.id} hole={hole} note={`confidence ${percent(hole.label?.confidence)}`} />
            ))}
          </div>
        </Section>
      )}
    </>
  );
}

function figures(totals: Quality["totals"], labelled: number | undefined, sure: number | undefined): Figure[] {
  return [
    { value: count(totals.files), label: "files read" },
    { value: count(totals.ok + totals.warning), label: "fit for training", tone: "ok" },
    {
      value: count(totals.failed + totals.error),
      label: "left out",
      ...(totals.failed + totals.error ? { tone: "failed" as const } : {}),
    },
    { value: count(labelled), label: "holes with points" },
    { value: count(sure), label: "of these with high confidence", tone: "ok" },
  ];
}

function enough(fit: number): string {
  if (fit < 30) return "That is few: a model will show how it works, but not be reliable. Some hundred holes are better.";
  if (fit < 200) return "That is enough for a first look.";
  return "That is plenty for a first model.";
}
