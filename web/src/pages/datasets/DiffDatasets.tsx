// What changed between two data sets: holes that came and went, labels that moved, by how many mm and by whom.
import { type DatasetDiff, type DatasetHole, diffDatasets, type Relabelled } from "../../api/datasets";
import { type PointName, POINTS } from "../../api/types";
import { ErrorState } from "../../components/EmptyState";
import { shortName } from "../../components/HoleCard";
import { PageHead, Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, fixed, signed } from "../../text/format";
import { originText, shortId } from "./words";

export function DiffDatasets({ a, b }: { a: string; b: string }) {
  const diff = useResource(`diff ${a} ${b}`, (signal) => diffDatasets(a, b, signal));
  return (
    <>
      <PageHead
        title="What changed"
        actions={
          <a class="button quiet" href={href("datasets", [], { picked: `${a},${b}` })}>
            All data sets
          </a>
        }
      >
        From <a href={href("datasets", [a])}>{shortId(a)}</a> to <a href={href("datasets", [b])}>{shortId(b)}</a>
      </PageHead>
      {diff.error && !diff.data && <ErrorState error={diff.error} retry={diff.reload} />}
      {diff.data && <Changes diff={diff.data} />}
    </>
  );
}

const holeLink = ({ id, file }: { id: string; file: string }) => (
  <a href={href("review", [id])} title={file}>
    {shortName(file, 44)}
  </a>
);

const moved = (name: PointName): Column<Relabelled> => ({
  key: name,
  title: name.charAt(0).toUpperCase() + name.slice(1),
  unit: "mm",
  number: true,
  render: ({ points }) => {
    const point = points[name];
    if (!point) return "";
    if (point.by_mm === null) return point.a === null ? `now ${fixed(point.b, 3)}` : "now absent";
    return <span title={`${fixed(point.a, 3)} → ${fixed(point.b, 3)}`}>{signed(point.by_mm, 3)}</span>;
  },
  sort: ({ points }) => (points[name]?.by_mm === undefined ? null : Math.abs(points[name]?.by_mm ?? Infinity)),
});

const relabelled: Column<Relabelled>[] = [
  { key: "file", title: "Hole", render: holeLink, sort: ({ file }) => file },
  ...POINTS.map(moved),
  { key: "largest", title: "Largest", unit: "mm", number: true, render: ({ largest_mm }) => fixed(largest_mm, 3), sort: ({ largest_mm }) => largest_mm },
  { key: "from", title: "Was", render: ({ from }) => originText(from), sort: ({ from }) => originText(from) },
  { key: "to", title: "Is", render: ({ to }) => originText(to), sort: ({ to }) => originText(to) },
];

const holes: Column<DatasetHole>[] = [
  { key: "file", title: "Hole", render: holeLink, sort: ({ file }) => file },
  { key: "family", title: "Family", render: ({ family }) => family || "–", sort: ({ family }) => family },
  { key: "label", title: "Label", render: originText, sort: originText },
];

function Changes({ diff }: { diff: DatasetDiff }) {
  const { same, relabelled: labels, added, removed, reread } = diff;
  const many = (n: number, word: string) => `${count(n)} ${n === 1 ? word : `${word}s`}`;
  const nothing = labels.length + added.length + removed.length + reread.length === 0;
  return (
    <>
      <p class="card" role="status">
        {nothing
          ? `Nothing: the same ${count(same)} holes with the same labels.`
          : `${many(labels.length, "label")} changed, ${many(added.length, "hole")} came, ${count(removed.length)} went, ${count(reread.length)} were read anew; ${count(same)} are the same.`}
      </p>
      {labels.length > 0 && (
        <Section title="Labels that changed" intro="The largest change first.">
          <Table caption="Labels that changed" captionHidden columns={relabelled} rows={labels} keyOf={({ id }) => id} maxHeight="480px" />
        </Section>
      )}
      {added.length > 0 && (
        <Section title="Holes that came">
          <Table caption="Holes that came" captionHidden columns={holes} rows={added} keyOf={({ id }) => id} maxHeight="360px" />
        </Section>
      )}
      {removed.length > 0 && (
        <Section title="Holes that went">
          <Table caption="Holes that went" captionHidden columns={holes} rows={removed} keyOf={({ id }) => id} maxHeight="360px" />
        </Section>
      )}
      {reread.length > 0 && (
        <Section title="Holes that were read anew" intro="Same record, but another version of the program reads it differently.">
          <ul class="card">
            {reread.map((hole) => (
              <li key={hole.id}>{holeLink(hole)}</li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}
