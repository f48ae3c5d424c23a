// The list of runs: a filter in the words of `gimlet runs list`, an order, and the columns that one wants to see. All of it
// stands in the address, so that a list can be sent to a colleague.
import { useEffect, useState } from "preact/hooks";
import { findRuns, type FoundRun, type RunKey, runKeys } from "../../api/runStore";
import { Button } from "../../components/Button";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { type Column, type Order, Table } from "../../components/Table";
import { href, navigate, type Route } from "../../router";
import { useResource } from "../../state/resource";
import { count, moment } from "../../text/format";
import { RunBadge } from "../training/RunBadge";
import { FilterWords } from "./FilterWords";
import { areNumbers, titleOf, usualColumns, valueText } from "./words";

interface Wanted {
  filter: string;
  sort: string;
  columns: string[];
  picked: string[];
}

function wantedOf({ query }: Route): Wanted {
  const list = (text: string | undefined) => (text ?? "").split(",").filter(Boolean);
  const columns = query["columns"] === undefined ? usualColumns : list(query["columns"]);
  return { filter: query["filter"] ?? "", sort: query["sort"] ?? "-started_at", columns, picked: list(query["picked"]) };
}

function addressOf({ filter, sort, columns, picked }: Wanted): string {
  const same = columns.join() === usualColumns.join();
  return href("runs", [], { filter, sort, picked: picked.join(","), ...(same ? {} : { columns: columns.join(",") || "run" }) });
}

export function FindRuns({ route }: { route: Route }) {
  const wanted = wantedOf(route);
  const { filter, sort, columns, picked } = wanted;
  const shown = columns.filter((key) => key !== "run");
  const found = useResource(`runs ${filter}|${sort}|${shown}`, (signal) => findRuns({ filter, sort, columns: shown }, signal), 5000);
  const keys = useResource("run keys", runKeys);
  const change = (part: Partial<Wanted>) => navigate(addressOf({ ...wanted, ...part }), true);
  const pick = (run: string, on: boolean) => change({ picked: on ? [...picked, run] : picked.filter((name) => name !== run) });
  const order: Order = { key: sort.replace(/^-/, ""), down: sort.startsWith("-") };
  const data = found.error?.status === 400 ? null : found.data; // what an earlier filter found says nothing about this one
  const none = data?.total === 0 && filter === "";
  return (
    <>
      <PageHead
        title="Runs"
        actions={
          <Button
            kind="primary"
            icon="swap"
            disabled={picked.length < 2}
            title={picked.length < 2 ? "Tick two runs or more" : "Only what differs, side by side"}
            onClick={() => navigate(href("runs", ["compare"], { runs: picked.join(",") }))}
          >
            {picked.length < 2 ? "Compare" : `Compare ${picked.length}`}
          </Button>
        }
      >
        Every training that was ever started here, with its settings, its data and what came out on holes it had not seen.
      </PageHead>
      <FilterWords
        value={filter}
        keys={keys.data?.items ?? []}
        error={found.error}
        onChange={(next) => change({ filter: next, picked: [] })}
      />
      <div class="row">
        <span class="soft" role="status">
          {data && `${count(data.total)} ${data.total === 1 ? "run" : "runs"}${filter && (data.total === 1 ? " fits" : " fit")}`}
          {data && data.items.length < data.total && `, the first ${count(data.items.length)} are shown`}
        </span>
        <ColumnChoice chosen={shown} keys={keys.data?.items ?? []} onChange={(next) => change({ columns: next })} />
      </div>
      {found.error && found.error.status !== 400 && !found.data && <ErrorState error={found.error} retry={found.reload} />}
      {none && (
        <EmptyState icon="runs" title="No run yet">
          <a class="button primary" href={href("training", ["new"])}>
            Start a run
          </a>
        </EmptyState>
      )}
      {data && data.items.length > 0 && (
        <Table
          caption="Runs that fit"
          captionHidden
          columns={tableColumns(data.items, shown, picked, pick)}
          rows={data.items}
          keyOf={(run) => run.run}
          sortBy={order}
          onOrder={(next) => change({ sort: `${next.down ? "-" : ""}${next.key}` })}
          maxHeight="calc(100vh - 250px)"
        />
      )}
    </>
  );
}

function tableColumns(runs: FoundRun[], keys: string[], picked: string[], pick: (run: string, on: boolean) => void): Column<FoundRun>[] {
  return [
    {
      key: "picked",
      title: "Compare",
      render: (run) => (
        <input
          type="checkbox"
          aria-label={`Compare ${run.run}`}
          checked={picked.includes(run.run)}
          onChange={(event) => pick(run.run, event.currentTarget.checked)}
        />
      ),
    },
    { key: "run", title: "Run", sorts: true, render: (run) => <a href={href("runs", [run.run])}>{run.run}</a> },
    { key: "started_at", title: "Started", sorts: true, render: (run) => moment(run.started_at) },
    { key: "state", title: "State", sorts: true, render: (run) => <RunBadge state={run.state} /> },
    ...keys.map((key) => ({
      key,
      ...titleOf(key),
      help: key,
      sorts: true,
      number: areNumbers(runs.map((run) => run.values?.[key])),
      render: (run: FoundRun) => valueText(key, run.values?.[key]),
    })),
  ];
}

function ColumnChoice({ chosen, keys, onChange }: { chosen: string[]; keys: RunKey[]; onChange: (keys: string[]) => void }) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const fixed = ["run", "state", "started_at"];
  const fitting = keys.filter(({ key, used }) => used && !fixed.includes(key) && key.includes(text.trim().toLowerCase()));
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => !(event.target as HTMLElement).closest(".column-choice") && setOpen(false);
    addEventListener("pointerdown", close);
    return () => removeEventListener("pointerdown", close);
  }, [open]);
  return (
    <details class="column-choice" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="button small">Columns</summary>
      {open && (
        <div class="card">
          <input
            type="search"
            aria-label="Search columns"
            placeholder="search columns"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <ul>
            {fitting.map(({ key, doc }) => (
              <li key={key} title={doc}>
                <label class="check">
                  <input
                    type="checkbox"
                    checked={chosen.includes(key)}
                    onChange={(event) => onChange(event.currentTarget.checked ? [...chosen, key] : chosen.filter((one) => one !== key))}
                  />
                  {key}
                </label>
              </li>
            ))}
          </ul>
          <Button small onClick={() => onChange(usualColumns)}>
            The usual ones
          </Button>
        </div>
      )}
    </details>
  );
}
