// The queue: the most valuable hole first, with the reason.
import { listQueue, type QueueItem } from "../../api/review";
import { CategoryBadge, StateBadge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { FilterBar } from "../../components/FilterBar";
import { shortName } from "../../components/HoleCard";
import { Progress } from "../../components/Progress";
import { type Column, Table } from "../../components/Table";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import { count, fixed, percent } from "../../text/format";
import { choicesOf, filterOf, useFacets } from "./filters";

/** The most that the server gives at once. */
const limit = 2000;

/** In one line: all rows are as high as the table reckons with. */
function Reason({ text }: { text: string }) {
  return (
    <span class="reason" title={text}>
      {text}
    </span>
  );
}

const columns: Column<QueueItem>[] = [
  {
    key: "value",
    title: "Value",
    number: true,
    render: (i) => fixed(i.value, 2),
    sort: (i) => i.value,
    help: "Expected gain of a look at this hole",
  },
  { key: "reason", title: "Why", render: (i) => <Reason text={i.reason} />, sort: (i) => i.reason },
  {
    key: "file",
    title: "Hole",
    render: (i) => (
      <a class="nowrap" href={href("review", [i.hole.id])} title={i.hole.file}>
        {shortName(i.hole.file, 34)}
      </a>
    ),
    sort: (i) => i.hole.file,
  },
  { key: "family", title: "Family", render: (i) => i.hole.family, sort: (i) => i.hole.family },
  {
    key: "confidence",
    title: "Label",
    render: (i) =>
      i.hole.label ? (
        <span class="nowrap">
          <CategoryBadge category={i.hole.label.category} /> {percent(i.hole.label.confidence)}
        </span>
      ) : (
        "none"
      ),
    sort: (i) => i.hole.label?.confidence ?? null,
  },
  { key: "state", title: "State", render: (i) => <StateBadge state={i.hole.state} />, sort: (i) => i.hole.state },
];

export function QueueTable({ route }: { route: Route }) {
  const filter = filterOf(route.query);
  const facets = useFacets();
  const queue = useResource(JSON.stringify(filter), (signal) => listQueue({ ...filter, limit }, signal));
  const progress = facets.data?.progress;
  const first = queue.data?.items[0];
  const filtered = Object.keys(filter).length > 0;
  return (
    <>
      {progress && progress.total > 0 && (
        <div class="card queue-progress">
          <Progress
            label="Holes reviewed"
            done={progress.reviewed + progress.rejected}
            total={progress.total}
            text={`${count(progress.reviewed)} reviewed, ${count(progress.rejected)} rejected, of ${count(progress.total)} holes`}
          />
          {first && (
            <a class="button primary" href={href("review", [first.hole.id], { ...filter, order: "value" })}>
              Begin with the first
            </a>
          )}
        </div>
      )}
      <FilterBar
        value={filter}
        onChange={(value) => navigate(href("queue", [], value), true)}
        choices={choicesOf(facets.data)}
        search="Search by file, tool or program"
      />
      {queue.error && !queue.data && <ErrorState error={queue.error} retry={queue.reload} />}
      {queue.data?.items.length === 0 && (
        <EmptyState icon="queue" title={filtered ? "No hole in the queue fits these filters" : "The queue is empty"}>
          {filtered ? (
            <Button onClick={() => navigate(href("queue"))}>Clear the filters</Button>
          ) : (
            <>
              <p>Holes come into the queue as soon as records have been read and labelled by rule.</p>
              <a class="button primary" href={href("start")}>
                Add records
              </a>
            </>
          )}
        </EmptyState>
      )}
      {queue.data && queue.data.items.length > 0 && (
        <Table
          caption={`${count(queue.data.total)} holes in the queue, most valuable first`}
          columns={columns}
          rows={queue.data.items}
          keyOf={(i) => i.hole.id}
          maxHeight="calc(100vh - 270px)"
          onOpen={(i) => navigate(href("review", [i.hole.id], { ...filter, order: "value" }))}
        />
      )}
    </>
  );
}
