// Runs side by side: only what differs in settings, data and program; how they learned; what came out.
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import { getRun } from "../../api/runs";
import { compareRuns, type Paired, runComparisonPage, type RunDetails, runDetails, runEvents } from "../../api/runStore";
import { Badge } from "../../components/Badge";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { PageHead, Section } from "../../components/PageHead";
import { Plot } from "../../components/Plot";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, fixed, signed } from "../../text/format";
import { CompareModels } from "../models/CompareModels";
import { addEvent, type Curves, emptyCurves, meanCurve, type RunEvent } from "../training/curves";
import { comparedParts, differences, titleOf, valueText } from "./words";

const dashes = [[], [6, 3], [2, 3], [10, 3, 2, 3]];

async function loadAll(names: string[], signal: AbortSignal) {
  return Promise.all(
    names.map(async (name) => {
      const [details, run, events] = await Promise.all([runDetails(name, signal), getRun(name, signal), runEvents(name, signal).catch(() => [])]);
      const curves = emptyCurves();
      for (const line of events) {
        try {
          addEvent(curves, JSON.parse(line) as RunEvent);
        } catch {
          /* a line cut off by a killed run */
        }
      }
      return { details, run, curves };
    }),
  );
}

export function CompareRuns({ names }: { names: string[] }) {
  const all = useResource(`compare ${names.join(",")}`, (signal) => loadAll(names, signal));
  const head = (
    <PageHead
      title="Runs side by side"
      actions={
        <>
          <a class="button quiet" href={href("runs", [], { picked: names.join(",") })}>
            All runs
          </a>
          {names.length > 1 && (
            <a class="button" href={runComparisonPage(names)} target="_blank" rel="noopener">
              As a page to keep
            </a>
          )}
        </>
      }
    >
      Only what differs. The first run is what the others are compared with.
    </PageHead>
  );
  if (names.length < 2)
    return (
      <>
        {head}
        <EmptyState icon="runs" title="Tick two runs or more in the list">
          <a class="button primary" href={href("runs")}>
            To the list
          </a>
        </EmptyState>
      </>
    );
  if (all.error && !all.data) return <ErrorState error={all.error} retry={all.reload} />;
  if (!all.data) return <p class="soft">Loading …</p>;
  const finished = all.data.filter(({ run }) => run.state === "finished" && run.metrics !== null);
  return (
    <>
      {head}
      <Differing runs={all.data.map(({ details }) => details)} />
      <MeanCurves names={names} curves={all.data.map(({ curves }) => curves)} />
      {finished.length > 1 && <HoleByHole names={finished.map(({ run }) => run.run)} />}
      {finished.length > 1 && <CompareModels models={finished.map(({ run }) => ({ run: run.run, metrics: run.metrics }))} />}
    </>
  );
}

function Differing({ runs }: { runs: RunDetails[] }) {
  const parts = comparedParts
    .map(({ title, of }) => ({ title, rows: differences(runs.map(of)) }))
    .filter(({ rows }) => rows.length > 0);
  return (
    <Section title="What differs">
      <div class="table">
        <table class="compare differing">
          <caption class="hidden">Settings and data in which the runs differ</caption>
          <thead>
            <tr>
              <th scope="col">Key</th>
              {runs.map(({ run }) => (
                <th key={run} scope="col">
                  <a href={href("runs", [run])}>{run}</a>
                </th>
              ))}
            </tr>
          </thead>
          {parts.map(({ title, rows }) => (
            <tbody key={title}>
              <tr>
                <th colSpan={runs.length + 1} scope="rowgroup" class="group">
                  {title}
                </th>
              </tr>
              {rows.map(({ key, values }) => (
                <tr key={key}>
                  <th scope="row" title={key}>
                    {title === "Settings" ? key : titleOf(key).title}
                  </th>
                  {values.map((value, i) => (
                    <td key={runs[i]?.run} class={i > 0 && (value ?? null) !== (values[0] ?? null) ? "other" : undefined}>
                      {valueText(key, value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
      {parts.length === 0 && <p>Nothing: same settings, same data, same program. They must have come to the same result.</p>}
    </Section>
  );
}

function HoleByHole({ names }: { names: string[] }) {
  const found = useResource(`paired ${names.join(",")}`, (signal) => compareRuns(names, signal));
  return (
    <Section
      title="Hole by hole"
      intro={`Mean errors on the holes that both have not seen, against ${names[0]}. Where the interval holds 0, luck may have made the difference.`}
    >
      {found.error && !found.data && <p class="problem">{found.error.message}</p>}
      {found.data && (
        <Table
          caption={`Mean errors against ${names[0]}`}
          captionHidden
          columns={pairedColumns}
          rows={found.data.paired}
          keyOf={(row) => `${row.run} ${row.point}`}
          maxHeight="420px"
        />
      )}
    </Section>
  );
}

const inMm = (key: string, title: string, of: (row: Paired) => number | null, text: (x: number | null) => string): Column<Paired> => ({
  key,
  title,
  unit: "mm",
  number: true,
  render: (row) => text(of(row)),
  sort: of,
});

const pairedColumns: Column<Paired>[] = [
  { key: "run", title: "Run", render: ({ run }) => run, sort: ({ run }) => run },
  { key: "point", title: "Mean error", render: ({ point }) => titleOf(point).title, sort: ({ point }) => point },
  { key: "n", title: "Holes", number: true, render: ({ n }) => count(n), sort: ({ n }) => n },
  inMm("first", "First", (row) => row.mean_first_mm, (x) => fixed(x, 3)),
  inMm("this", "This", (row) => row.mean_mm, (x) => fixed(x, 3)),
  inMm("difference", "Difference", (row) => row.difference_mm, (x) => signed(x, 3)),
  {
    key: "interval",
    title: "95 % interval",
    unit: "mm",
    number: true,
    render: ({ low_mm: low, high_mm: high }) => (low === null || high === null ? "–" : `${signed(low, 3)} to ${signed(high, 3)}`),
  },
  {
    key: "p",
    title: "p",
    number: true,
    help: "how often chance alone would give such a difference",
    render: ({ p }) => (p !== null && p < 0.001 ? "< 0.001" : fixed(p, 3)),
    sort: ({ p }) => p,
  },
  {
    key: "better",
    title: "It is",
    render: ({ better }) => (better === null ? <Badge tone="neutral">not surely different</Badge> : better ? <Badge tone="ok">better</Badge> : <Badge tone="failed">worse</Badge>),
  },
];

function MeanCurves({ names, curves }: { names: string[]; curves: Curves[] }) {
  const longest = Math.max(0, ...curves.map(({ epochs }) => epochs));
  const data = useMemo<uPlot.AlignedData>(() => {
    const means = curves.map((one) => meanCurve(one, "val_mm"));
    return [Array.from({ length: longest }, (_, at) => at + 1), ...means.map((mean) => Array.from({ length: longest }, (_, at) => mean[at] ?? null))];
  }, [curves]);
  if (longest === 0) return null;
  return (
    <Section title="How they learned" intro="Mean over the folds of the error on unseen holes, mm (2 at most).">
      <div class="card">
        <Plot
          label={`Error on unseen holes by epoch, for ${names.join(", ")}`}
          x={{ label: "epoch", whole: true, min: 1, max: Math.max(2, longest) }}
          y={{ label: "error (mm)", log: true }}
          series={names.map((name, i) => ({ label: name, colour: (i % 7) + 1, width: 2, dash: dashes[i % 4] ?? [] }))}
          data={data}
          height={260}
        />
      </div>
    </Section>
  );
}
