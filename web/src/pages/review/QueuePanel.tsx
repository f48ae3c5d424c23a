// Left: search, filters, order, progress, and the holes.
import { useEffect, useRef } from "preact/hooks";
import type { Hole } from "../../api/types";
import { Shape, type Tone } from "../../components/Badge";
import { Button } from "../../components/Button";
import { EmptyState } from "../../components/EmptyState";
import { FilterBar, plainOptions, type FilterChoice } from "../../components/FilterBar";
import { Progress } from "../../components/Progress";
import { VirtualList } from "../../components/VirtualList";
import { useStore } from "../../state/store";
import { count, fixed } from "../../text/format";
import { choiceOf, loadQueue, orders, queue, type Order, type QueueItem } from "./queue";

const words = (list: string[]) => list.map((value) => ({ value, text: value }));
const stateWords = [
  { value: "auto", text: "not reviewed" },
  { value: "reviewed", text: "reviewed" },
  { value: "rejected", text: "rejected" },
];

function toneOf(hole: Hole): { tone: Tone; text: string } {
  if (hole.state === "reviewed") return { tone: "ok", text: "reviewed" };
  if (hole.state === "rejected") return { tone: "error", text: "rejected" };
  const category = hole.label?.category;
  if (category === "low") return { tone: "failed", text: "not reviewed, low confidence" };
  if (category === "medium") return { tone: "warning", text: "not reviewed, medium confidence" };
  return { tone: "info", text: category ? `not reviewed, ${category} confidence` : "not labelled" };
}

/** A path's last part; what lies before is the family, shown below. */
export const fileName = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

function Row({ item }: { item: QueueItem }) {
  const { hole, reason } = item;
  const { tone, text } = toneOf(hole);
  const confidence = hole.state === "auto" ? hole.label?.confidence : null;
  return (
    <div class={`queue-row tone-${tone}`} title={[hole.file, text, reason].filter(Boolean).join("\n")}>
      <span class="queue-state">
        <Shape tone={tone} />
        <span class="hidden">{text}</span>
      </span>
      <span class="queue-file">
        <bdi>{fileName(hole.file)}</bdi>
      </span>
      <span class="queue-number">{confidence === null || confidence === undefined ? "" : fixed(confidence, 2)}</span>
      <small class="queue-why">{reason || hole.family || "–"}</small>
    </div>
  );
}

export interface QueuePanelProps {
  current: string;
  /** Of the address: a choice of holes, where another page made one. */
  query: Record<string, string>;
  onOpen: (id: string) => void;
}

export function QueuePanel({ current, query, onOpen }: QueuePanelProps) {
  const { filter, order, items, total, facets, loading, failed } = useStore(queue);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const choice = choiceOf(query);
    if (choice || !queue.get().facets) void loadQueue(choice ?? {});
  }, [JSON.stringify(query)]);

  const choices: FilterChoice[] = [
    { key: "state", title: "state", options: stateWords },
    { key: "category", title: "confidence", options: words(["high", "medium", "low"]) },
    { key: "family", title: "family", options: plainOptions(facets?.families) },
    { key: "finding", title: "finding", options: plainOptions(facets?.findings) },
    { key: "source", title: "source", options: words(["rule", "model", "expert", "truth"]) },
    { key: "author", title: "annotator", options: plainOptions(facets?.authors) },
  ];
  const progress = facets?.progress;
  const seen = progress ? progress.reviewed + progress.rejected : 0;
  const filtered = Object.values(filter).some((value) => value !== "");
  return (
    <aside class="queue" aria-label="Holes" ref={box}>
      <div class="queue-head">
        <FilterBar
          compact
          value={filter}
          search="search files"
          choices={choices}
          onChange={(next) => void loadQueue({ filter: next })}
        />
        <label class="queue-order">
          <span class="hidden">Order</span>
          <select value={order} onChange={(event) => void loadQueue({ order: event.currentTarget.value as Order })}>
            {orders.map((item) => (
              <option key={item.value} value={item.value}>
                {item.text}
              </option>
            ))}
          </select>
        </label>
        {progress && (
          <Progress
            label="Holes reviewed"
            done={seen}
            total={progress.total}
            text={`${count(seen)} of ${count(progress.total)} reviewed`}
          />
        )}
      </div>
      {items.length > 0 && (
        <VirtualList
          items={items}
          rowHeight={42}
          keyOf={(item) => item.hole.id}
          render={(item) => <Row item={item} />}
          selected={items.findIndex((item) => item.hole.id === current)}
          onSelect={(index) => {
            const id = items[index]?.hole.id;
            if (id) onOpen(id);
          }}
          label="Holes in the queue"
        />
      )}
      {items.length === 0 && !loading && (
        <EmptyState icon="queue" title={failed ? "The list could not be loaded" : "No hole fits"}>
          {failed && <Button onClick={() => void loadQueue()}>Try again</Button>}
          {!failed && filtered && <Button onClick={() => void loadQueue({ filter: {} })}>Clear the filters</Button>}
        </EmptyState>
      )}
      <footer class="queue-foot">
        {loading ? "loading" : filtered ? `${count(total)} ${total === 1 ? "hole fits" : "holes fit"}` : `${count(total)} holes`}
      </footer>
    </aside>
  );
}
