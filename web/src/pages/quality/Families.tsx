import type { Quality, QualityCounts } from "../../api/quality";
import { Section } from "../../components/PageHead";
import { ShareBar } from "../../components/ShareBar";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { count, fixed } from "../../text/format";

type Family = Quality["families"][number];
const all = (c: QualityCounts) => c.ok + c.warning + c.failed + c.error;

const columns: Column<Family>[] = [
  {
    key: "family",
    title: "Family",
    render: (f) => <a href={href("review", [], { family: f.family })}>{f.family}</a>,
    sort: (f) => f.family,
  },
  { key: "n", title: "Records", number: true, render: (f) => count(all(f)), sort: all },
  {
    key: "share",
    title: "Of these",
    render: (f) => (
      <ShareBar
        label={f.family}
        parts={[
          { label: "ok", value: f.ok, tone: "ok" },
          { label: "warning", value: f.warning, tone: "warning" },
          { label: "failed", value: f.failed, tone: "failed" },
          { label: "error", value: f.error, tone: "error" },
        ]}
      />
    ),
  },
  { key: "warning", title: "Warning", number: true, render: (f) => count(f.warning), sort: (f) => f.warning },
  { key: "failed", title: "Failed", number: true, render: (f) => count(f.failed), sort: (f) => f.failed },
  { key: "error", title: "Error", number: true, render: (f) => count(f.error), sort: (f) => f.error },
  { key: "score", title: "Score", number: true, render: (f) => fixed(f.mean_score, 3), sort: (f) => f.mean_score },
];

export function Families({ families }: { families: Family[] }) {
  return (
    <Section title="Families">
      <Table
        caption="Records by family and verdict"
        captionHidden
        columns={columns}
        rows={families}
        keyOf={(f) => f.family}
        sortBy={{ key: "score", down: false }}
      />
    </Section>
  );
}
