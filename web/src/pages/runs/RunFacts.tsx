// One run, explained: which data, whose labels, which settings, which program; what people say of it; its files.
import { useState } from "preact/hooks";
import { mayOpenFile, runFileUrl } from "../../api/runs";
import { deleteRun, type RunDetails, runDetails, type Value } from "../../api/runStore";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { FileTable } from "../../components/FileTable";
import { PageHead, Section } from "../../components/PageHead";
import { toast, toastError } from "../../components/Toast";
import { TrashDialog } from "../../components/TrashDialog";
import { href, navigate } from "../../router";
import { useResource } from "../../state/resource";
import { mayAct } from "../../state/session";
import { fixed } from "../../text/format";
import { RunBadge } from "../training/RunBadge";
import { RunLog } from "./RunLog";
import { RunNotesCard } from "./RunNotesCard";
import { titleOf, valueText } from "./words";

export function RunFacts({ name }: { name: string }) {
  const run = useResource(`facts ${name}`, (signal) => runDetails(name, signal));
  if (run.error && !run.data) return <ErrorState error={run.error} retry={run.reload} />;
  if (!run.data) return <p class="soft">Loading …</p>;
  return <Loaded run={run.data} reload={run.reload} />;
}

function Loaded({ run, reload }: { run: RunDetails; reload: () => void }) {
  const about = Object.entries(run.about).filter(([key]) => key !== "run" && key !== "state");
  const dataset = typeof run.about["dataset"] === "string" ? run.about["dataset"] : "";
  return (
    <>
      <PageHead title={run.run} actions={<Actions run={run} />}>
        <RunBadge state={run.state} /> {run.message}
      </PageHead>
      {run.messages.map((message) => (
        <p class="soft" key={message}>
          {message}
        </p>
      ))}
      <div class="halves">
        <Section title="Where it comes from">
          <div class="card">
            <dl class="record-facts wide">
              {about.map(([key, value]) => (
                <div key={key}>
                  <dt>{titleOf(key).title}</dt>
                  <dd title={String(value ?? "")}>
                    {key === "dataset" && dataset ? <a href={href("datasets", [dataset])}>{dataset.slice(0, 12)}</a> : valueText(key, value)}
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        </Section>
        <div class="stack">
          <FoldsTable run={run} />
          <RunNotesCard run={run} onChange={reload} />
        </div>
      </div>
      <Section title="Settings" intro="The whole configuration, as it was resolved.">
        <Values values={run.params} prefix="params." />
      </Section>
      <Section title="Figures" intro="On holes that the models had not seen.">
        <Values values={run.metrics} prefix="metrics." />
      </Section>
      <RunLog run={run} />
      <Artifacts run={run} />
    </>
  );
}

function Actions({ run }: { run: RunDetails }) {
  const [asking, setAsking] = useState(false);
  const remove = () =>
    deleteRun(run.run).then(
      ({ kept }) => {
        toast(`${run.run} is in the trash`, { hint: `The folder ${kept} of the models directory; move it back to have it again.` });
        navigate(href("runs"));
      },
      (cause: unknown) => {
        setAsking(false);
        toastError(cause);
      },
    );
  return (
    <>
      <a class="button quiet" href={href("runs")}>
        All runs
      </a>
      <a class="button" href={href("training", [run.run])}>
        Curves and holes
      </a>
      {mayAct("engineer") && run.state !== "running" && (
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete
        </Button>
      )}
      {asking && (
        <TrashDialog title="Put this run into the trash?" onKeep={() => setAsking(false)} onTrash={() => void remove()}>
          {run.run} leaves the list with its models and figures. Its folder stays on the disk, below <code>.trash</code>, until
          somebody empties that.
        </TrashDialog>
      )}
    </>
  );
}

function FoldsTable({ run }: { run: RunDetails }) {
  const measures = ["entry", "transition", "exit", "hole_depth"];
  if (!run.folds.some((fold) => fold.out_of_fold)) return null;
  return (
    <Section title="Folds" intro="Mean error on the holes that each fold has not seen, mm.">
      <div class="table">
        <table class="small-table">
          <caption class="hidden">Mean error of each fold</caption>
          <thead>
            <tr>
              <th scope="col">Fold</th>
              {measures.map((name) => (
                <th key={name} scope="col" class="n">
                  {titleOf(name).title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {run.folds.map((fold) => (
              <tr key={fold.fold}>
                <th scope="row">{fold.fold}</th>
                {measures.map((name) => (
                  <td key={name} class="n">
                    {fixed(fold.out_of_fold?.[name]?.mae_mm, 3)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Values({ values, prefix }: { values: Record<string, Value>; prefix: string }) {
  return (
    <dl class="card values">
      {Object.entries(values).map(([key, value]) => (
        <div key={key}>
          <dt title={prefix + key}>{key}</dt>
          <dd>{valueText(key, value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Artifacts({ run }: { run: RunDetails }) {
  if (run.artifacts.length === 0) return null;
  return (
    <Section title="Files" intro="With the hash that was noted when the run ended; gimlet doctor checks them.">
      <div class="table">
        <FileTable caption="Files of the run" files={run.artifacts} href={(file) => (mayOpenFile(file) ? runFileUrl(run.run, file.path) : undefined)} />
      </div>
    </Section>
  );
}
