// Every finished run, side by side, to download, to try on a record, and to be given a name.
import { useState } from "preact/hooks";
import { listModels, type Model } from "../../api/runs";
import { Button } from "../../components/Button";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import { mayAct } from "../../state/session";
import { bytes, fixed, moment, percent } from "../../text/format";
import { CompareModels } from "./CompareModels";
import { Downloads } from "./Downloads";
import { RegisterDialog } from "./RegisterDialog";
import { TryRecord } from "./TryRecord";

const depth = (model: Model) => model.metrics?.out_of_fold?.points.hole_depth;

/** The models to compare stand in the address, so that a comparison can be sent to a colleague. */
function chosenOf(route: Route, models: Model[]): string[] {
  const named = (route.query["compare"] ?? "").split(",").filter((name) => models.some((m) => m.run === name));
  return named.length ? named : models.slice(0, 1).map((m) => m.run);
}

export function FinishedRuns({ route, onRegistered }: { route: Route; onRegistered: () => void }) {
  const [naming, setNaming] = useState("");
  const list = useResource("models", listModels);
  const models = list.data?.items ?? [];
  const chosen = chosenOf(route, models);
  const picked = chosen.map((name) => models.find((m) => m.run === name)).filter((m) => m !== undefined);
  const choose = (run: string, on: boolean) => {
    const next = on ? [...chosen, run] : chosen.filter((name) => name !== run);
    navigate(href("models", [], { compare: next.join(",") }), true);
  };
  return (
    <>
      {list.error && !list.data && <ErrorState error={list.error} retry={list.reload} />}
      {list.data && models.length === 0 && (
        <EmptyState icon="models" title="No model yet">
          <p>A model appears here when a training run has finished.</p>
          <a class="button primary" href={href("training", ["new"])}>
            Start a run
          </a>
        </EmptyState>
      )}
      {models.length > 0 && (
        <>
          <Section
            title="Finished runs"
            intro="Each is an ensemble of its folds; errors are those on holes that the models had not seen. Tick two or more to compare them with the first one ticked."
          >
            <Table
              caption="Models, newest first"
              captionHidden
              columns={columns(chosen, choose, setNaming)}
              rows={models}
              keyOf={(m) => m.run}
              sortBy={{ key: "created", down: true }}
              maxHeight="320px"
            />
          </Section>
          {picked.length > 0 && <CompareModels models={picked} />}
          <div class="halves">
            <TryRecord models={models} first={chosen[0] ?? ""} />
            {picked[0] && <Downloads models={picked} />}
          </div>
        </>
      )}
      {naming && (
        <RegisterDialog
          run={naming}
          onClose={() => setNaming("")}
          onDone={() => {
            setNaming("");
            onRegistered();
          }}
        />
      )}
    </>
  );
}

function columns(chosen: string[], choose: (run: string, on: boolean) => void, name: (run: string) => void): Column<Model>[] {
  const naming: Column<Model> = {
    key: "register",
    title: "Name",
    render: (m) => (
      <Button small title={`Give ${m.run} a name and a version`} onClick={() => name(m.run)}>
        Register
      </Button>
    ),
  };
  return [
    {
      key: "chosen",
      title: "Compare",
      render: (m) => (
        <input
          type="checkbox"
          aria-label={`Compare ${m.run}`}
          checked={chosen.includes(m.run)}
          onChange={(event) => choose(m.run, event.currentTarget.checked)}
        />
      ),
    },
    { key: "run", title: "Run", render: (m) => <a href={href("training", [m.run])}>{m.run}</a>, sort: (m) => m.run },
    { key: "created", title: "Made", render: (m) => moment(m.created_at), sort: (m) => m.created_at },
    { key: "folds", title: "Folds", number: true, render: (m) => m.n_folds, sort: (m) => m.n_folds },
    {
      key: "mae",
      title: "Hole depth: mean error",
      unit: "mm",
      number: true,
      render: (m) => fixed(depth(m)?.mae_mm, 3),
      sort: (m) => depth(m)?.mae_mm ?? null,
    },
    {
      key: "p95",
      title: "P95",
      unit: "mm",
      number: true,
      render: (m) => fixed(depth(m)?.p95_mm, 3),
      sort: (m) => depth(m)?.p95_mm ?? null,
    },
    {
      key: "grip",
      title: "Grip code exact",
      number: true,
      render: (m) => percent(m.metrics?.out_of_fold?.grip_code?.exact_fraction, 1),
      sort: (m) => m.metrics?.out_of_fold?.grip_code?.exact_fraction ?? null,
    },
    { key: "size", title: "Size", number: true, render: (m) => bytes(m.size_bytes), sort: (m) => m.size_bytes },
    ...(mayAct("engineer") ? [naming] : []),
  ];
}
