// Batches of the past, each with a way to take it back.
import { useState } from "preact/hooks";
import { type Batch, listBatches, undoBatch } from "../../api/review";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { toast, toastError } from "../../components/Toast";
import { useResource } from "../../state/resource";
import { count, moment } from "../../text/format";
import { filterWords } from "./filters";

/** round: counts up whenever a batch was made or undone elsewhere. */
export function BatchList({ round, onChange }: { round: number; onChange: () => void }) {
  const batches = useResource(`batches ${round}`, listBatches);
  const [busy, setBusy] = useState(0);
  const undo = async (batch: Batch) => {
    setBusy(batch.batch);
    try {
      const answer = await undoBatch(batch.batch);
      toast(`Batch ${batch.batch} was taken back: ${count(answer.count)} holes are as they were before.`);
    } catch (cause) {
      toastError(cause);
    }
    setBusy(0);
    onChange();
  };
  const columns: Column<Batch>[] = [
    { key: "batch", title: "Batch", number: true, render: (b) => b.batch, sort: (b) => b.batch },
    { key: "at", title: "When", render: (b) => moment(b.at), sort: (b) => b.at },
    { key: "author", title: "By", render: (b) => b.author, sort: (b) => b.author },
    { key: "query", title: "Holes chosen by", render: (b) => filterWords(b.query) },
    { key: "count", title: "Holes", number: true, render: (b) => count(b.count), sort: (b) => b.count },
    {
      key: "undo",
      title: "State",
      render: (b) =>
        b.undone ? (
          <Badge tone="neutral">taken back</Badge>
        ) : (
          <Button small icon="undo" busy={busy === b.batch} onClick={() => undo(b)}>
            Take back
          </Button>
        ),
    },
  ];
  if (!batches.data || batches.data.items.length === 0) return null;
  return (
    <Section title="Batches so far">
      <Table
        caption="Batches, newest first"
        captionHidden
        columns={columns}
        rows={batches.data.items}
        keyOf={(b) => String(b.batch)}
        sortBy={{ key: "batch", down: true }}
      />
    </Section>
  );
}
