// All runs, newest first.
import { listRuns, type Run } from "../../api/runs";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { Progress } from "../../components/Progress";
import { type Column, Table } from "../../components/Table";
import { href, navigate } from "../../router";
import { useResource } from "../../state/resource";
import { mayAct, session } from "../../state/session";
import { useStore } from "../../state/store";
import { count, duration, fixed, moment, percent } from "../../text/format";
import { epochsDone, RunBadge } from "./RunBadge";

const depth = (run: Run) => run.metrics?.out_of_fold?.points.hole_depth;

const columns: Column<Run>[] = [
  {
    key: "run",
    title: "Run",
    render: (r) => <a href={href("training", [r.run])}>{r.run}</a>,
    sort: (r) => r.run,
  },
  { key: "started", title: "Started", render: (r) => moment(r.started_at), sort: (r) => r.started_at },
  { key: "state", title: "State", render: (r) => <RunBadge state={r.state} />, sort: (r) => r.state },
  {
    key: "progress",
    title: "Progress",
    render: (r) =>
      r.state === "finished" ? (
        `${r.n_folds} × ${r.epochs} epochs`
      ) : (
        <Progress
          label={`Progress of ${r.run}`}
          done={epochsDone(r)}
          total={r.n_folds * r.epochs}
          {...(r.state === "running" && r.eta_s !== null ? { text: `${duration(r.eta_s)} left` } : {})}
        />
      ),
  },
  { key: "holes", title: "Holes", number: true, render: (r) => count(r.holes), sort: (r) => r.holes },
  {
    key: "mae",
    title: "Hole depth: mean error",
    unit: "mm",
    number: true,
    render: (r) => fixed(depth(r)?.mae_mm, 3),
    sort: (r) => depth(r)?.mae_mm ?? null,
  },
  {
    key: "p95",
    title: "P95",
    unit: "mm",
    number: true,
    render: (r) => fixed(depth(r)?.p95_mm, 3),
    sort: (r) => depth(r)?.p95_mm ?? null,
  },
  {
    key: "grip",
    title: "Grip code exact",
    number: true,
    render: (r) => percent(r.metrics?.out_of_fold?.grip_code?.exact_fraction, 1),
    sort: (r) => r.metrics?.out_of_fold?.grip_code?.exact_fraction ?? null,
  },
];

export function RunList() {
  const runs = useResource("runs", listRuns, 3000);
  const hasData = useStore(session, (s) => s.value?.has_data ?? false);
  const mayStart = mayAct("engineer");
  const newRun = mayStart && (
    <a class="button primary" href={href("training", ["new"])}>
      New run
    </a>
  );
  const empty = runs.data?.items.length === 0;
  return (
    <>
      <PageHead title="Training" actions={!empty && newRun}>
        A run trains one model for each fold and judges every hole by the model that has not seen it. Runs go on when this
        page is closed.
      </PageHead>
      {runs.error && !runs.data && <ErrorState error={runs.error} retry={runs.reload} />}
      {empty && (
        <EmptyState icon="training" title="No run yet">
          {hasData ? (
            <>
              <p>
                The records are read and labelled. A first look takes a few minutes and tells roughly how good a model will
                be.
              </p>
              {newRun || <p>To start a run needs the role engineer.</p>}
            </>
          ) : (
            <>
              <p>There is nothing to train on yet: add records first.</p>
              <a class="button primary" href={href("start")}>
                Add records
              </a>
            </>
          )}
        </EmptyState>
      )}
      {runs.data && !empty && (
        <Table
          caption="Runs, newest first"
          captionHidden
          columns={columns}
          rows={runs.data.items}
          keyOf={(r) => r.run}
          sortBy={{ key: "started", down: true }}
          onOpen={(r) => navigate(href("training", [r.run]))}
        />
      )}
    </>
  );
}
