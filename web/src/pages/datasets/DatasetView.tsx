// One data set: where its labels come from, which runs learned from it, each of its holes; and whether it is still the same,
// bit for bit.
import { useMemo, useState } from "preact/hooks";
import { type Dataset, type DatasetHole, getDataset, type Verification, verifyDataset } from "../../api/datasets";
import { type PointName, POINTS } from "../../api/types";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { shortName } from "../../components/HoleCard";
import { PageHead, Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { toastError } from "../../components/Toast";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, fixed, moment } from "../../text/format";
import { originText, shortId, sourcesText } from "./words";

export function DatasetView({ name }: { name: string }) {
  const found = useResource(`dataset ${name}`, (signal) => getDataset(name, signal));
  if (found.error && !found.data) return <ErrorState error={found.error} retry={found.reload} />;
  if (!found.data) return <p class="soft">Loading …</p>;
  return <Loaded dataset={found.data} />;
}

function Loaded({ dataset }: { dataset: Dataset }) {
  const authors = Object.entries(dataset.by_author).sort((a, b) => b[1] - a[1]);
  return (
    <>
      <PageHead
        title={`Data set ${shortId(dataset.dataset)}`}
        actions={
          <a class="button quiet" href={href("datasets")}>
            All data sets
          </a>
        }
      >
        {count(dataset.holes)} holes, {sourcesText(dataset.by_source)}; kept {moment(dataset.at)}
      </PageHead>
      <div class="halves">
        <Section title="Where the labels come from">
          <div class="card">
            <dl class="record-facts wide">
              {authors.map(([author, n]) => (
                <div key={author}>
                  <dt>{author || "unknown"}</dt>
                  <dd>{count(n)} holes</dd>
                </div>
              ))}
              <div>
                <dt>Newest label of a person</dt>
                <dd>{dataset.newest_label_at ? moment(dataset.newest_label_at) : "none"}</dd>
              </div>
              <div>
                <dt>Full name</dt>
                <dd>
                  <code class="whole">{dataset.dataset}</code>
                </dd>
              </div>
            </dl>
          </div>
        </Section>
        <div class="stack">
          <Section title="Who learned from it">
            <ul class="card">
              {dataset.runs.map((run) => (
                <li key={run}>
                  <a href={href("runs", [run])}>{run}</a>
                </li>
              ))}
              {dataset.runs.length === 0 && <li class="soft">No run that is still here.</li>}
            </ul>
          </Section>
          <Verify name={dataset.dataset} />
        </div>
      </div>
      <Holes holes={dataset.items} />
    </>
  );
}

function Verify({ name }: { name: string }) {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Verification | null>(null);
  const verify = async () => {
    setBusy(true);
    await verifyDataset(name).then(setResult, toastError);
    setBusy(false);
  };
  return (
    <Section title="Is it still the same?">
      <div class="card stack">
        <div class="row">
          <Button icon="check" busy={busy} onClick={() => void verify()}>
            Check every hole
          </Button>
          <span role="status">
            {result?.intact && result.unchecked === 0 && (
              <Badge tone="ok">all {count(result.holes)} holes are as they were, bit for bit</Badge>
            )}
            {result?.intact && result.unchecked > 0 && (
              <Badge tone="warning">all are there, but an older version noted no hash of {count(result.unchecked)} holes</Badge>
            )}
            {result && !result.intact && <Badge tone="error">{count(result.problems.length)} of {count(result.holes)} holes have changed</Badge>}
          </span>
        </div>
        {result && result.problems.length > 0 && (
          <ul>
            {result.problems.map(({ file, problem }, i) => (
              <li key={i} class="problem">
                {file ? `${file}: ` : ""}
                {problem}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}

const pointColumn = (name: PointName): Column<DatasetHole> => ({
  key: name,
  title: name.charAt(0).toUpperCase() + name.slice(1),
  unit: "mm",
  number: true,
  render: ({ points }) => fixed(points[name].mm, 3),
  sort: ({ points }) => points[name].mm,
});

const columns: Column<DatasetHole>[] = [
  {
    key: "file",
    title: "Hole",
    render: ({ id, file }) => (
      <a href={href("review", [id])} title={file}>
        {shortName(file, 44)}
      </a>
    ),
    sort: ({ file }) => file,
  },
  { key: "family", title: "Family", render: ({ family }) => family || "–", sort: ({ family }) => family },
  { key: "source", title: "Label", render: originText, sort: originText },
  { key: "made", title: "Made", render: ({ made_at }) => (made_at ? moment(made_at) : "–"), sort: ({ made_at }) => made_at || null },
  ...POINTS.map(pointColumn),
];

function Holes({ holes }: { holes: DatasetHole[] }) {
  const [text, setText] = useState("");
  const fitting = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return wanted ? holes.filter((hole) => `${hole.file} ${hole.author} ${hole.source}`.toLowerCase().includes(wanted)) : holes;
  }, [holes, text]);
  return (
    <Section
      title="Holes"
      intro={`${count(fitting.length)} of ${count(holes.length)}, with the label that they had then.`}
      aside={
        <input
          type="search"
          aria-label="Search holes"
          placeholder="search files and authors"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      }
    >
      <Table caption="Holes of the data set" captionHidden columns={columns} rows={fitting} keyOf={({ id }) => id} maxHeight="520px" />
    </Section>
  );
}
