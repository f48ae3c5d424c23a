// The Review page: queue, charts, facts, and the keys that tie them together.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { POINTS } from "../../api/types";
import { ApiError } from "../../api/client";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { toast } from "../../components/Toast";
import { useKeys } from "../../keys/useKeys";
import { href, navigate, navigatedAt, type Route } from "../../router";
import { useStore } from "../../state/store";
import { measureTo } from "../../state/timing";
import { accept, nudgeByMm, nudgeBySamples, reject, selectPoint, snapTo, toggleAbsent, zoomToSelected } from "./actions";
import { ChartStack } from "./ChartStack";
import { ConflictDialog } from "./ConflictDialog";
import { cursors, placeCursors } from "./cursors";
import { fullRange, rowOfX } from "./depthAxis";
import { CommentsPanel, HistoryPanel, MetaPanel } from "./FactsPanel";
import { loadHole, noteAnswer, prefetch, readyHole, refreshHole, type LoadedHole } from "./holeCache";
import { editor, onSaved, openHole, startSaving, stepBack } from "./labelEditor";
import { Overview } from "./Overview";
import { PointsPanel } from "./PointsPanel";
import { neighbour, nextOpen, noteSaved, queue } from "./queue";
import { QueuePanel } from "./QueuePanel";
import { ConfidencePanel, FindingsPanel } from "./ReasonsPanel";
import { RejectDialog } from "./RejectDialog";
import { shown, swapAxis, togglePush, view } from "./reviewView";
import { ActionBar, CursorReadout, Toolbar } from "./Toolbar";

const go = (id: string | undefined) => {
  if (id) navigate(href("review", [id]));
};

function show(hole: LoadedHole): void {
  const { detail, axis } = hole;
  openHole(detail);
  const kind = shown.get().axis;
  view.setFull(kind, fullRange(axis, kind));
  const first = POINTS.find((name) => editor.get().points[name] !== null);
  if (first) shown.set({ selected: first });
  cursors.set({ on: false });
}

/** The open hole. One that is in the cache is there in the same frame: the panels and charts stay, and what they show is
 * exchanged. */
function useHole(id: string): { hole: LoadedHole | null; error: ApiError | null; retry: () => void } {
  const [hole, setHole] = useState<LoadedHole | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  const wanted = useRef(id);
  wanted.current = id;
  useLayoutEffect(() => {
    if (!id) return;
    const began = round ? performance.now() : navigatedAt();
    let timer = 0;
    const arrive = (loaded: LoadedHole) => {
      if (wanted.current !== id) return;
      show(loaded);
      setHole(loaded);
      setError(null);
      measureTo("gimlet.hole", began);
      // the hole is on the screen first, then the next ones are fetched: also when somebody goes on before that, or quick
      // steps would outrun what is here
      setTimeout(() => prefetch([1, 2, 3].map((n) => neighbour(id, n)).concat(nextOpen(id), neighbour(id, -1))), 150);
      timer = window.setTimeout(() => void refreshHole(id).then((fresh) => renew(loaded, fresh), () => undefined), known ? 200 : 1500);
    };
    /** What has changed since it was fetched: others' labels and comments, the folds' predictions. */
    const renew = (old: LoadedHole, fresh: LoadedHole) => {
      if (wanted.current !== id || JSON.stringify(fresh.detail) === JSON.stringify(old.detail)) return;
      setHole(fresh);
      const { save, held, version } = editor.get();
      // a gesture under way is saved on top of the version that it began with, so that others' changes show as a conflict
      if (save === "saved" && !held && fresh.detail.hole.version > version) openHole(fresh.detail);
    };
    const known = readyHole(id);
    if (known) arrive(known);
    else
      loadHole(id).then(arrive, (cause: unknown) => {
        if (wanted.current !== id) return;
        setHole(null);
        setError(cause instanceof ApiError ? cause : new ApiError(0, "internal", String(cause), "", null));
      });
    return () => clearTimeout(timer);
  }, [id, round]);
  // the old one stays for the moment until the layout effect has put a new one that is here in its place
  const stays = hole?.detail.hole.id === id || readyHole(id) !== undefined;
  return { hole: stays ? hole : null, error, retry: () => setRound((n) => n + 1) };
}

/** Keys of the page; handlers see the hole that is open when the key is pressed. */
function useReviewKeys(hole: LoadedHole | null, run: { accept: () => void; reject: () => void; cursors: () => void; id: string }) {
  const withHole = (act: (hole: LoadedHole, event: KeyboardEvent) => void) => (event: KeyboardEvent) => {
    if (hole) act(hole, event);
  };
  const samples = (event: KeyboardEvent) => (event.ctrlKey ? 100 : event.shiftKey ? 10 : 1);
  const step = (event: KeyboardEvent) => (event.shiftKey ? 0.01 : 0.1);
  const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();
  useKeys({
    "point.entry": withHole((h) => selectPoint(h, "entry")),
    "point.transition": withHole((h) => selectPoint(h, "transition")),
    "point.exit": withHole((h) => selectPoint(h, "exit")),
    "nudge.left": withHole((h, event) => nudgeBySamples(h, -samples(event))),
    "nudge.right": withHole((h, event) => nudgeBySamples(h, samples(event))),
    "nudge.less": withHole((h, event) => nudgeByMm(h, -step(event))),
    "nudge.more": withHole((h, event) => nudgeByMm(h, step(event))),
    "snap.best": withHole((h) => snapTo(h, 0)),
    "snap.next": withHole((h) => snapTo(h, 1)),
    "snap.back": withHole((h) => snapTo(h, -1)),
    "point.absent": withHole((h) => toggleAbsent(h, shown.get().selected)),
    "hole.accept": withHole(run.accept),
    "hole.reject": withHole(run.reject),
    "hole.next": () => go(neighbour(run.id, 1)),
    "hole.previous": () => go(neighbour(run.id, -1)),
    "edit.undo": withHole(() => void stepBack("undo")),
    "edit.redo": withHole(() => void stepBack("redo")),
    "edit.push": () => togglePush(),
    "hole.comment": () => focus("#comment"),
    "hole.queue": () => focus(".queue input[type=search]"),
    "view.left": () => view.pan(-0.2),
    "view.right": () => view.pan(0.2),
    "view.in": () => view.zoom(1 / 1.5),
    "view.out": () => view.zoom(1.5),
    "view.fit": () => view.fit(),
    "view.marker": withHole(zoomToSelected),
    "view.ghosts": () => shown.set({ predictions: !shown.get().predictions }),
    "view.rule": () => shown.set({ rule: !shown.get().rule }),
    "view.axis": withHole(swapAxis),
    "view.cursors": run.cursors,
    "view.lock": () => shown.set({ yLocked: !shown.get().yLocked }),
  });
}

export function ReviewPage({ route }: { route: Route }) {
  const id = route.rest[0] ?? "";
  const { hole, error, retry } = useHole(id);
  const first = useStore(queue, (value) => (value.loading ? undefined : value.items[0]?.hole.id));
  const rows = useStore(queue, (value) => value.items.length);
  const rejecting = useStore(shown, (value) => value.rejecting);
  const conflict = useStore(editor, (value) => value.conflict !== null);

  useEffect(() => {
    const stop = [startSaving(), onSaved(noteSaved), onSaved(noteAnswer)];
    return () => {
      for (const end of stop) end();
    };
  }, []);
  useEffect(() => {
    if (!id && first && !queue.get().loading) navigate(href("review", [first]), true);
  }, [id, first]);
  // the list may come after the hole, and the hole's place in it with the second part of the list only
  useEffect(() => prefetch([1, 2, 3].map((n) => neighbour(id, n))), [first, rows]);

  const onAccept = () => {
    if (!accept()) return;
    const next = nextOpen(id);
    if (next && next !== id) go(next);
    else toast("That was the last hole of this list");
  };
  const onCursors = () => {
    if (cursors.get().on || !hole) cursors.set({ on: false });
    else placeCursors(hole.axis, ...([view.now.min, view.now.max].map((x) => rowOfX(hole.axis, view.now.kind, x)) as [number, number]));
  };
  const onReject = () => shown.set({ rejecting: true });
  useReviewKeys(hole, { accept: onAccept, reject: onReject, cursors: onCursors, id });

  // made anew only for another hole, not whenever something of this one changes
  const list = useMemo(() => <QueuePanel current={id} query={route.query} onOpen={go} />, [id, route.query]);
  return (
    <div class="review-page">
      {list}
      <div class="bench">
        {hole && (
          <>
            <Toolbar hole={hole} onCursors={onCursors} />
            <CursorReadout hole={hole} />
            <ChartStack hole={hole} />
            <Overview hole={hole} />
            <ActionBar onPrevious={() => go(neighbour(id, -1))} onNext={() => go(neighbour(id, 1))} onAccept={onAccept} onReject={onReject} />
          </>
        )}
        {!hole && error && <ErrorState error={error} retry={retry} />}
        {!hole && !error && !id && <EmptyState icon="review" title="Choose a hole at the left" />}
      </div>
      <aside class="facts-panel" aria-label="About this hole">
        {hole && (
          <>
            <PointsPanel hole={hole} />
            <ConfidencePanel />
            <FindingsPanel hole={hole} />
            <CommentsPanel hole={hole} />
            <MetaPanel hole={hole} />
            <HistoryPanel hole={hole} />
          </>
        )}
      </aside>
      {rejecting && (
        <RejectDialog
          onClose={() => shown.set({ rejecting: false })}
          onReject={(reason) => {
            shown.set({ rejecting: false });
            reject(reason);
            go(nextOpen(id));
          }}
        />
      )}
      {conflict && <ConflictDialog />}
    </div>
  );
}
