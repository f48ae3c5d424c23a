// One model: which version counts, all versions, and who did what when and why.
import { useState } from "preact/hooks";
import { getNamedModel, type HistoryLine, type ModelVersion, type NamedModel } from "../../api/registry";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { PageHead, Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import { mayAct } from "../../state/session";
import { bytes, fixed, moment } from "../../text/format";
import { Findings } from "./Findings";
import { PromoteDialog } from "./PromoteDialog";
import { RollBackDialog } from "./RollBackDialog";
import { Said } from "./Said";

export function ModelView({ name, route }: { name: string; route: Route }) {
  const model = useResource(`model ${name}`, (signal) => getNamedModel(name, signal));
  if (model.error && !model.data) return <ErrorState error={model.error} retry={model.reload} />;
  if (!model.data) return <p class="soft">Loading …</p>;
  return <Loaded model={model.data} route={route} reload={model.reload} />;
}

function Loaded({ model, route, reload }: { model: NamedModel; route: Route; reload: () => void }) {
  const [promoting, setPromoting] = useState<ModelVersion | null>(null);
  const [rolling, setRolling] = useState("");
  const picked = (route.query["picked"] ?? "").split(",").filter((n) => model.versions.some(({ version }) => `${version}` === n));
  const pick = (version: number, on: boolean) => {
    const next = on ? [...picked, `${version}`].slice(-2) : picked.filter((n) => n !== `${version}`);
    navigate(href("models", [model.name], { picked: next.join(",") }), true);
  };
  const [a, b] = picked;
  const done = () => {
    setPromoting(null);
    setRolling("");
    reload();
  };
  return (
    <>
      <PageHead
        title={model.name}
        actions={
          <>
            <a class="button quiet" href={href("models")}>
              All models
            </a>
            <Button
              kind="primary"
              icon="swap"
              disabled={picked.length !== 2}
              title={picked.length === 2 ? "Hole by hole, with the certainty of each difference" : "Tick two versions"}
              onClick={() => navigate(href("models", ["compare"], { a: `${model.name}:${a}`, b: `${model.name}:${b}` }))}
            >
              Compare
            </Button>
          </>
        }
      >
        {model.description || `Since ${moment(model.created_at)}, by ${model.created_by}`}
      </PageHead>
      <div class="halves">
        <WhichCounts model={model} onRollBack={setRolling} />
        <Said model={model.name} description={model.description} tags={model.tags} onChange={reload} />
      </div>
      <Section title="Versions" intro="Tick two to compare them.">
        <Table
          caption="Versions, newest first"
          captionHidden
          columns={columns(picked, pick, mayAct("engineer") ? setPromoting : null)}
          rows={model.versions}
          keyOf={({ version }) => `${version}`}
          sortBy={{ key: "version", down: true }}
        />
      </Section>
      <Section title="History" intro="Who did what, when and why; lines are only added.">
        <ol class="card history">
          {model.history.map((line) => (
            <HistoryItem key={line.seq} line={line} />
          ))}
        </ol>
      </Section>
      {promoting && <PromoteDialog version={promoting} onClose={() => { setPromoting(null); reload(); }} onDone={done} />}
      {rolling && (
        <RollBackDialog model={model.name} alias={rolling} version={model.aliases[rolling] ?? 0} onClose={() => setRolling("")} onDone={done} />
      )}
    </>
  );
}

function WhichCounts({ model, onRollBack }: { model: NamedModel; onRollBack: (alias: string) => void }) {
  const aliases = Object.entries(model.aliases);
  return (
    <Section title="Which version counts">
      <div class="card">
        {aliases.length === 0 && <p class="soft">None was promoted yet: whoever asks for {model.name} gets the newest.</p>}
        <ul class="aliases">
          {aliases.map(([alias, version]) => (
            <li key={alias} class="row">
              <b>{alias}</b>
              <a href={href("models", [model.name, `${version}`])}>version {version}</a>
              {mayAct("engineer") && (
                <Button small icon="undo" title={`Back to the ${alias} before`} onClick={() => onRollBack(alias)}>
                  Roll back
                </Button>
              )}
            </li>
          ))}
        </ul>
      </div>
    </Section>
  );
}

const metric = (key: string, title: string): Column<ModelVersion> => ({
  key,
  title,
  unit: "mm",
  number: true,
  render: ({ metrics }) => fixed(metrics[key], 3),
  sort: ({ metrics }) => metrics[key] ?? null,
});

function columns(picked: string[], pick: (version: number, on: boolean) => void, promote: ((version: ModelVersion) => void) | null): Column<ModelVersion>[] {
  return [
    {
      key: "picked",
      title: "Compare",
      render: ({ version }) => (
        <input
          type="checkbox"
          aria-label={`Compare version ${version}`}
          checked={picked.includes(`${version}`)}
          onChange={(event) => pick(version, event.currentTarget.checked)}
        />
      ),
    },
    {
      key: "version",
      title: "Version",
      render: ({ model, version, aliases }) => (
        <span class="chips">
          <a href={href("models", [model, `${version}`])}>{version}</a>
          {aliases.map((alias) => (
            <span key={alias} class="chip">
              <b>{alias}</b>
            </span>
          ))}
        </span>
      ),
      sort: ({ version }) => version,
    },
    { key: "made", title: "Made", render: ({ created_at, created_by }) => `${moment(created_at)} by ${created_by}`, sort: ({ created_at }) => created_at },
    { key: "run", title: "From", render: ({ run, origin }) => (origin === "imported" ? `${run} (imported)` : <a href={href("runs", [run])}>{run}</a>), sort: ({ run }) => run },
    metric("hole_depth_mae_mm", "Hole depth: mean error"),
    metric("exit_mae_mm", "Exit: mean error"),
    { key: "size", title: "Size", number: true, render: ({ size_bytes }) => bytes(size_bytes), sort: ({ size_bytes }) => size_bytes },
    ...(promote
      ? [
          {
            key: "promote",
            title: "Promote",
            render: (version: ModelVersion) => (
              <Button small title={`Make version ${version.version} the one that counts`} onClick={() => promote(version)}>
                Promote
              </Button>
            ),
          },
        ]
      : []),
  ];
}

function HistoryItem({ line }: { line: HistoryLine }) {
  const findings = line.detail?.gate?.findings;
  const what = `${line.version ? `version ${line.version}` : "the model"}${line.alias && ` as ${line.alias}`}`;
  const { tag, old, new: now } = line.detail ?? {};
  const without = line.action === "promoted" && !findings ? ", without a gate" : "";
  return (
    <li>
      <span>
        {line.action === "refused" ? (
          <>
            The gate refused {what}, which <b>{line.who}</b> asked for{" "}
          </>
        ) : (
          <>
            <b>{line.who}</b> {line.action} {what}
            {without}{" "}
          </>
        )}
        <small>{moment(line.at)}</small>
      </span>
      {line.reason && <p>{line.reason}</p>}
      {now !== undefined && (
        <p>
          {tag && `${tag}: `}
          {now === null ? "taken away" : now || "nothing"}
          {old && <small> – before: {old}</small>}
        </p>
      )}
      {findings && (
        <details>
          <summary>What the gate found</summary>
          <Findings items={findings.map(({ rule, verdict, message }) => ({ name: rule, verdict, message }))} />
        </details>
      )}
    </li>
  );
}
