// The data sets, newest first; two can be held against each other.
import { type KeptDataset, listDatasets, type Present } from "../../api/datasets";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { PageHead, Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import { count, moment } from "../../text/format";
import { shortId, sourcesText } from "./words";

export function DatasetList({ route }: { route: Route }) {
  const list = useResource("datasets", listDatasets);
  const kept = list.data?.kept ?? [];
  const picked = (route.query["picked"] ?? "").split(",").filter((name) => kept.some(({ dataset }) => dataset === name));
  const pick = (name: string, on: boolean) => {
    const next = on ? [...picked, name].slice(-2) : picked.filter((one) => one !== name);
    navigate(href("datasets", [], { picked: next.join(",") }), true);
  };
  const now = list.data?.items[0];
  return (
    <>
      <PageHead
        title="Data sets"
        actions={
          <Button
            kind="primary"
            icon="swap"
            disabled={picked.length !== 2}
            title={picked.length === 2 ? "Which holes and labels changed" : "Tick two data sets"}
            onClick={() => navigate(href("datasets", ["diff"], { a: picked[0] ?? "", b: picked[1] ?? "" }))}
          >
            What changed
          </Button>
        }
      >
        Every training keeps which holes it learned from, with which labels of whom. A data set never changes; its name is made
        of its content.
      </PageHead>
      {list.error && !list.data && <ErrorState error={list.error} retry={list.reload} />}
      {now && <Now now={now} kept={kept} />}
      {list.data && kept.length === 0 && (
        <EmptyState icon="datasets" title="No run has learned from anything yet">
          <p>The first training keeps the first data set.</p>
        </EmptyState>
      )}
      {kept.length > 0 && (
        <Section title="What runs have learned from" intro="Tick two to see which holes and labels changed between them.">
          <Table
            caption="Data sets, newest first"
            captionHidden
            columns={columns(picked, pick)}
            rows={kept}
            keyOf={({ dataset }) => dataset}
            sortBy={{ key: "at", down: true }}
          />
        </Section>
      )}
    </>
  );
}

function Now({ now, kept }: { now: Present; kept: KeptDataset[] }) {
  const known = kept.some(({ dataset }) => dataset === now.snapshot);
  return (
    <Section title="Now">
      <div class="card">
        <p>
          A training that is started now learns from <b>{count(now.labelled)}</b> of {count(now.holes)} holes: {sourcesText(now.by_source)}.
        </p>
        <p class="soft">
          {known ? (
            <>
              These are the same holes and labels as in <a href={href("datasets", [now.snapshot])}>{shortId(now.snapshot)}</a>: a
              training would see nothing new.
            </>
          ) : (
            <>Not trained on yet; it will be kept as {shortId(now.snapshot)}.</>
          )}
        </p>
      </div>
    </Section>
  );
}

function columns(picked: string[], pick: (name: string, on: boolean) => void): Column<KeptDataset>[] {
  return [
    {
      key: "picked",
      title: "Compare",
      render: ({ dataset }) => (
        <input
          type="checkbox"
          aria-label={`Compare ${shortId(dataset)}`}
          checked={picked.includes(dataset)}
          onChange={(event) => pick(dataset, event.currentTarget.checked)}
        />
      ),
    },
    {
      key: "dataset",
      title: "Name",
      render: ({ dataset }) => (
        <a href={href("datasets", [dataset])} title={dataset}>
          <code>{shortId(dataset)}</code>
        </a>
      ),
    },
    { key: "at", title: "Kept", render: ({ at }) => moment(at), sort: ({ at }) => at },
    { key: "holes", title: "Holes", number: true, render: ({ holes }) => count(holes), sort: ({ holes }) => holes },
    { key: "labels", title: "Labels", render: ({ by_source }) => sourcesText(by_source) },
    {
      key: "problem",
      title: "State",
      render: ({ problem }) => (problem ? <Badge tone="error">{problem}</Badge> : <Badge tone="ok">readable</Badge>),
    },
  ];
}
