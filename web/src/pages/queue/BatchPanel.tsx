// Approve the labels of many holes at once: a query, a forced look at the worst and at some random ones, then one button,
// and one to take it all back.
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { approveBatch, type BatchPreview, previewBatch, undoBatch } from "../../api/review";
import { Button } from "../../components/Button";
import { FilterBar } from "../../components/FilterBar";
import { toastError } from "../../components/Toast";
import { href, navigate, type Route } from "../../router";
import { mayAct } from "../../state/session";
import { count } from "../../text/format";
import { BatchList } from "./BatchList";
import { BatchLook } from "./BatchLook";
import { choicesOf, filterOf, filterWords, useFacets } from "./filters";

interface Done {
  batch: number;
  count: number;
  undone: boolean;
}

export function BatchPanel({ route }: { route: Route }) {
  const filter = filterOf(route.query);
  const key = JSON.stringify(filter);
  const facets = useFacets();
  const [preview, setPreview] = useState<BatchPreview | null>(null);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<Done | null>(null);
  const [round, setRound] = useState(0);
  const [refused, setRefused] = useState<ApiError | null>(null);
  useEffect(() => {
    setPreview(null);
    setRefused(null);
  }, [key]);

  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    await work().catch(toastError);
    setBusy(false);
    setRound((n) => n + 1);
  };
  const find = () =>
    act(async () => {
      setDone(null);
      setRefused(null);
      setPreview(await previewBatch(filter).catch(refuse));
    });
  /** That no hole fits is no fault: it is said where the filters are. */
  const refuse = (cause: unknown): null => {
    if (!(cause instanceof ApiError) || cause.code !== "bad_request") throw cause;
    setRefused(cause);
    return null;
  };
  const approve = (seen: string[]) =>
    act(async () => {
      if (!preview) return;
      const answer = await approveBatch(preview.token, seen);
      setDone({ ...answer, undone: false });
      setPreview(null);
    });
  const undo = () =>
    act(async () => {
      if (!done) return;
      await undoBatch(done.batch);
      setDone({ ...done, undone: true });
    });

  if (!mayAct("engineer"))
    return <p class="card">Approving many holes at once needs the role engineer. Ask an administrator.</p>;
  return (
    <>
      <div class="card stack">
        <h2>1. Which holes?</h2>
        <FilterBar
          value={filter}
          onChange={(value) => navigate(href("queue", ["batch"], value), true)}
          choices={choicesOf(facets.data)}
          search="Search by file, tool or program"
        />
        <div class="row">
          <Button kind={preview ? "plain" : "primary"} onClick={find} busy={busy && !preview}>
            Find the holes
          </Button>
          <span class="soft">Chosen: {filterWords(filter)}. Holes that a person has reviewed stay as they are.</span>
        </div>
      </div>
      {refused && (
        <p class="card" role="alert">
          <b>{refused.message}</b> {refused.hint && `(${refused.hint})`}
        </p>
      )}
      {done && <Result done={done} onUndo={undo} busy={busy} />}
      {preview && <BatchLook key={preview.token} preview={preview} busy={busy} onApprove={approve} />}
      <BatchList round={round} onChange={() => setRound((n) => n + 1)} />
    </>
  );
}

function Result({ done, onUndo, busy }: { done: Done; onUndo: () => void; busy: boolean }) {
  const holes = `${count(done.count)} ${done.count === 1 ? "hole" : "holes"}`;
  return (
    <div class={`card row result tone-${done.undone ? "info" : "ok"}`} role="status">
      <p>
        {done.undone
          ? `Batch ${done.batch} was taken back: ${holes} are as they were before.`
          : `${holes} approved as batch ${done.batch}. They count as reviewed from now on.`}
      </p>
      {!done.undone && (
        <Button icon="undo" onClick={onUndo} busy={busy}>
          Take the whole batch back
        </Button>
      )}
    </div>
  );
}
