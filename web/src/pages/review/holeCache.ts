// Holes with their signals, loaded ahead: going to the next hole finds it here.
import { getHole, getSignals, type Signals } from "../../api/holes";
import type { HoleDetail, LabelAnswer } from "../../api/types";
import { makeDepthAxis, type DepthAxis } from "./depthAxis";

export interface LoadedHole {
  detail: HoleDetail;
  signals: Signals;
  axis: DepthAxis;
}

const limit = 24;
/** Oldest use first. */
const cache = new Map<string, Promise<LoadedHole>>();
const ready = new Map<string, LoadedHole>();

async function fetchHole(id: string): Promise<LoadedHole> {
  const [detail, signals] = await Promise.all([getHole(id), getSignals(id)]);
  const rate = Number(detail.meta.sample_rate_hz ?? 100);
  return { detail, signals, axis: makeDepthAxis(signals, rate) };
}

export function loadHole(id: string): Promise<LoadedHole> {
  const known = cache.get(id);
  const promise = known ?? fetchHole(id);
  cache.delete(id);
  cache.set(id, promise);
  if (!known) {
    promise.then(
      (hole) => cache.get(id) === promise && ready.set(id, hole),
      () => cache.get(id) === promise && cache.delete(id),
    );
    for (const old of cache.keys()) {
      if (cache.size <= limit) break;
      cache.delete(old);
      ready.delete(old);
    }
  }
  return promise;
}

/** The hole when it is here already. */
export const readyHole = (id: string): LoadedHole | undefined => ready.get(id);

/** Load quietly what will probably be asked for next. */
export function prefetch(ids: (string | undefined)[]): void {
  for (const id of ids) if (id && !cache.has(id)) void loadHole(id).catch(() => undefined);
}

/** Load the facts of a hole again (its signals never change): others may have changed labels or comments. */
export async function refreshHole(id: string): Promise<LoadedHole> {
  const old = await loadHole(id);
  const detail = await getHole(id);
  const fresh = { ...old, detail };
  cache.set(id, Promise.resolve(fresh));
  ready.set(id, fresh);
  return fresh;
}

/** What a save has changed. */
export function noteAnswer(id: string, answer: LabelAnswer): void {
  const old = ready.get(id);
  if (!old) return;
  const { label } = answer;
  const hole = { ...old.detail.hole, version: answer.version, label };
  const others = old.detail.labels.filter((item) => item.source !== label?.source || item.author !== label.author);
  const labels = label ? [label, ...others] : others;
  const fresh = { ...old, detail: { ...old.detail, hole, labels, can_undo: answer.can_undo, can_redo: answer.can_redo } };
  ready.set(id, fresh);
  cache.set(id, Promise.resolve(fresh));
}
