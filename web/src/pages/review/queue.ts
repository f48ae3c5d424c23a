// The list of holes at the left: which, in what order, and where we are in it.
import { http } from "../../api/client";
import { listHoles } from "../../api/holes";
import type { Hole, HoleFilter, HoleList, LabelAnswer } from "../../api/types";
import { createStore } from "../../state/store";
import { toastError } from "../../components/Toast";
import { measureTo } from "../../state/timing";

export interface QueueItem {
  hole: Hole;
  /** Why it stands here, where the order is by value. */
  reason: string;
}

export const orders = [
  { value: "value", text: "most worth a look first" },
  { value: "file", text: "by file" },
  { value: "confidence", text: "least sure first" },
  { value: "date", text: "by date" },
  { value: "tool_age", text: "by tool age" },
  { value: "reviewed_at", text: "last reviewed first" },
] as const;

export type Order = (typeof orders)[number]["value"];

export interface QueueState {
  filter: Record<string, string>;
  order: Order;
  items: QueueItem[];
  total: number;
  facets: Pick<HoleList, "families" | "findings" | "authors" | "progress"> | null;
  loading: boolean;
  failed: boolean;
}

export const queue = createStore<QueueState>({
  filter: {},
  order: "value",
  items: [],
  total: 0,
  facets: null,
  loading: true,
  failed: false,
});

const filterKeys: (keyof HoleFilter)[] = ["search", "category", "family", "verdict", "finding", "source", "author", "state"];

/** Other pages lead here with a choice of holes in the address: #/review?finding=temporal.gap. null = with none. */
export function choiceOf(query: Record<string, string>): Partial<Pick<QueueState, "filter" | "order">> | null {
  const filter = Object.fromEntries(filterKeys.flatMap((key) => (query[key] ? [[key, query[key]]] : [])));
  const order = orders.find((item) => item.value === query.order)?.value;
  if (!order && Object.keys(filter).length === 0) return null;
  return { filter, ...(order ? { order } : {}) };
}

let abort: AbortController | null = null;
const firstRows = 60; // more than fit on a screen: they are there first
const mostRows = 2000;

interface Part {
  total: number;
  items: QueueItem[];
}

async function fetchItems(filter: HoleFilter, order: Order, rows: { offset: number; limit: number }, signal: AbortSignal): Promise<Part> {
  if (order === "value") {
    const query = { ...filter, ...rows };
    return http.get<Part>("/queue", query, signal);
  }
  const down = order === "reviewed_at" || order === "date";
  const list = await listHoles({ ...filter, sort: order, order: down ? "desc" : "asc", ...rows }, signal);
  return { total: list.total, items: list.items.map((hole) => ({ hole, reason: "" })) };
}

async function fetchFacets(signal: AbortSignal): Promise<QueueState["facets"]> {
  const { families, findings, authors, progress } = await listHoles({ limit: 1 }, signal);
  return { families, findings, authors, progress };
}

/** The rows below those that are here. What somebody's edit has moved up in between is not taken twice. */
async function fetchRest(filter: HoleFilter, order: Order, signal: AbortSignal): Promise<void> {
  const rest = await fetchItems(filter, order, { offset: firstRows, limit: mostRows }, signal);
  queue.set(({ items, ...now }) => {
    const here = new Set(items.map((item) => item.hole.id));
    return { ...now, items: [...items, ...rest.items.filter((item) => !here.has(item.hole.id))] };
  });
}

export async function loadQueue(change: Partial<Pick<QueueState, "filter" | "order">> = {}): Promise<void> {
  abort?.abort();
  const own = new AbortController();
  abort = own;
  queue.set({ ...change, loading: true });
  const { filter, order } = queue.get();
  const began = performance.now();
  try {
    const rows = { offset: 0, limit: firstRows };
    const [list, facets] = await Promise.all([fetchItems(filter, order, rows, own.signal), fetchFacets(own.signal)]);
    queue.set({ ...list, facets, loading: false, failed: false });
    measureTo("gimlet.queue", began);
    if (list.total > firstRows) await fetchRest(filter, order, own.signal);
    measureTo("gimlet.queue.all", began);
  } catch (cause) {
    if (own.signal.aborted) return;
    queue.set({ loading: false, failed: true });
    toastError(cause);
  }
}

export const indexOf = (id: string): number => queue.get().items.findIndex((item) => item.hole.id === id);

/** The hole n places further in the list, or undefined at its end. */
export function neighbour(id: string, n: number): string | undefined {
  const index = indexOf(id);
  return queue.get().items[index < 0 ? 0 : index + n]?.hole.id;
}

/** The next hole that nobody has looked at, going round once; the plain next one when all are done. */
export function nextOpen(id: string): string | undefined {
  const { items } = queue.get();
  const start = indexOf(id);
  for (let step = 1; step < items.length; step++) {
    const item = items[(start + step) % items.length];
    if (item?.hole.state === "auto") return item.hole.id;
  }
  return neighbour(id, 1);
}

function stateOf(answer: LabelAnswer): Hole["state"] {
  const { label } = answer;
  if (!label || (label.source !== "expert" && label.source !== "truth")) return "auto";
  return label.rejected ? "rejected" : "reviewed";
}

/** After a save: the row and the progress follow at once; the order stays, so that nothing jumps under the hand. */
export function noteSaved(id: string, answer: LabelAnswer): void {
  const state = stateOf(answer);
  queue.set((now) => {
    const old = now.items.find((item) => item.hole.id === id)?.hole;
    if (!old) return now;
    const items = now.items.map((item) =>
      item.hole.id === id ? { ...item, hole: { ...item.hole, state, label: answer.label, version: answer.version } } : item,
    );
    const progress = now.facets?.progress;
    if (!now.facets || !progress || old.state === state) return { ...now, items };
    const of = (name: Hole["state"]) => Number(state === name) - Number(old.state === name);
    const next = { ...progress, reviewed: progress.reviewed + of("reviewed"), rejected: progress.rejected + of("rejected") };
    return { ...now, items, facets: { ...now.facets, progress: next } };
  });
}
