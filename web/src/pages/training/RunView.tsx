// One run: its folds side by side while it trains, and what came out when it is done.
import { useState } from "preact/hooks";
import { getRun, type Run, runFileUrl } from "../../api/runs";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { PageHead, Section } from "../../components/PageHead";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, moment } from "../../text/format";
import { PlainResultCard } from "../models/PlainResultCard";
import { verdict } from "./curves";
import { FoldCards } from "./FoldCards";
import { FoldChart } from "./FoldChart";
import { MetricsTable } from "./MetricsTable";
import { RunButtons } from "./RunButtons";
import { RunHoles } from "./RunHoles";
import { RunState } from "./RunState";
import { useCurves } from "./useCurves";

export function RunView({ name }: { name: string }) {
  const [ended, setEnded] = useState(false);
  const run = useResource(`run ${name}`, (signal) => getRun(name, signal), ended ? 0 : 2500);
  const state = run.data?.state;
  if (state && (state === "finished" || state === "failed") !== ended) setEnded(!ended);
  if (run.error && !run.data) return <ErrorState error={run.error} retry={run.reload} />;
  if (!run.data) return <p class="soft">Loading …</p>;
  return <Loaded run={run.data} reload={run.reload} />;
}

function Loaded({ run, reload }: { run: Run; reload: () => void }) {
  const [round, setRound] = useState(0);
  const [fold, setFold] = useState<number | null>(null);
  const live = useCurves(run.run, run.state === "running", round);
  const again = () => {
    setRound((n) => n + 1);
    reload();
  };
  const words = verdict(live.curves, run.state === "finished");
  return (
    <>
      <PageHead
        title={run.run}
        actions={
          <>
            <Links run={run} />
            <RunButtons run={run} onChange={again} />
          </>
        }
      >
        {run.strategy}, {run.n_folds} folds of {count(run.epochs)} epochs,{" "}
        {run.holes === null ? "" : `${count(run.holes)} holes, `}
        started {moment(run.started_at)}
      </PageHead>
      <RunState run={run} curves={live.curves} connected={live.connected} />
      {run.state === "finished" && run.metrics && <PlainResultCard metrics={run.metrics} epochs={run.epochs} />}
      <Section title="How the folds learn" intro={words ?? undefined}>
        {live.curves.epochs === 0 ? (
          <div class="card">
            {run.state === "running" ? (
              <p class="soft">
                The signals are being turned into numbers. The first epoch appears here as soon as it is done.
              </p>
            ) : (
              <EmptyState icon="training" title="No epoch was finished" />
            )}
          </div>
        ) : (
          <>
            <div class="card">
              <FoldChart curves={live.curves} epochs={run.epochs} fold={fold} />
            </div>
            <FoldCards run={run} curves={live.curves} chosen={fold} onChoose={setFold} />
          </>
        )}
      </Section>
      {run.state === "finished" && run.metrics && (
        <>
          <MetricsTable metrics={run.metrics} />
          <RunHoles run={run.run} />
        </>
      )}
    </>
  );
}

function Links({ run }: { run: Run }) {
  return (
    <>
      <a class="button quiet" href={href("training")}>
        All runs
      </a>
      {run.state === "finished" && (
        <>
          <a class="button" href={runFileUrl(run.run, "report.html")} target="_blank" rel="noopener">
            Report
          </a>
          <a class="button" href={href("models", [], { compare: run.run })}>
            Compare and download
          </a>
        </>
      )}
    </>
  );
}
