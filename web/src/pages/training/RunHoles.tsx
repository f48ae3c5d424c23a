// Every hole with the error of the model that had not seen it; the chosen one with prediction and label.
import { useMemo, useState } from "preact/hooks";
import { listRunHoles, type Measure, MEASURES, type RunHole } from "../../api/runs";
import { ErrorState } from "../../components/EmptyState";
import { shortName } from "../../components/HoleCard";
import { HolePlot, type Marks, MarksLegend } from "../../components/HolePlot";
import { Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { fixed, signed } from "../../text/format";
import { measureWords } from "../models/compare";

const size = (error: number | null) => (error === null ? null : Math.abs(error));

const columns: Column<RunHole>[] = [
  {
    key: "file",
    title: "Hole",
    render: (h) => (
      <span class="nowrap" title={h.file}>
        {shortName(h.file, 26)}
      </span>
    ),
    sort: (h) => h.file,
  },
  { key: "family", title: "Family", render: (h) => h.family, sort: (h) => h.family },
  { key: "fold", title: "Fold", number: true, render: (h) => h.fold, sort: (h) => h.fold },
  ...MEASURES.map((measure): Column<RunHole> => ({
    key: measure,
    title: measureWords[measure],
    unit: "mm",
    number: true,
    help: "prediction minus label; sorts by size",
    render: (h) => signed(h.error_mm[measure], 3),
    sort: (h) => size(h.error_mm[measure]),
  })),
];

export function RunHoles({ run }: { run: string }) {
  const holes = useResource(`holes of ${run}`, (signal) => listRunHoles(run, signal));
  const [family, setFamily] = useState("");
  const [id, setId] = useState("");
  const items = holes.data?.items ?? [];
  const families = useMemo(() => [...new Set(items.map((h) => h.family))].sort(), [holes.data]);
  const rows = useMemo(() => items.filter((h) => !family || h.family === family), [holes.data, family]);
  const chosen = rows.find((h) => h.id === id) ?? worst(rows, "hole_depth");
  return (
    <Section
      title="Hole by hole"
      intro="Prediction minus label. Often it is the label that is wrong where the difference is large."
      aside={
        <select aria-label="Family" value={family} onChange={(event) => setFamily(event.currentTarget.value)}>
          <option value="">all families</option>
          {families.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      }
    >
      {holes.error && !holes.data && <ErrorState error={holes.error} retry={holes.reload} />}
      {holes.data && (
        <div class="beside">
          <Table
            caption="Errors of all holes"
            captionHidden
            columns={columns}
            rows={rows}
            keyOf={(h) => h.id}
            sortBy={{ key: "hole_depth", down: true }}
            maxHeight="430px"
            selectedKey={chosen?.id ?? ""}
            onOpen={(h) => setId(h.id)}
          />
          {chosen && <RunHoleCard hole={chosen} run={run} />}
        </div>
      )}
    </Section>
  );
}

function worst(rows: RunHole[], measure: Measure): RunHole | undefined {
  return rows.reduce<RunHole | undefined>(
    (found, row) =>
      (size(row.error_mm[measure]) ?? -1) > (found ? (size(found.error_mm[measure]) ?? -1) : -1) ? row : found,
    undefined,
  );
}

function RunHoleCard({ hole, run }: { hole: RunHole; run: string }) {
  const marks: Marks[] = [
    { name: "label", points: hole.label, tone: 3 },
    { name: "prediction", points: hole.predicted, tone: 4 },
  ];
  return (
    <aside class="card stack" aria-label="The chosen hole">
      <h2 title={hole.file}>{shortName(hole.file)}</h2>
      <MarksLegend marks={marks} />
      <HolePlot id={hole.id} marks={marks} title={`Prediction and label of ${hole.file}`} width={360} height={250} />
      <table class="small-table">
        <caption class="hidden">Label and prediction in mm</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Point</span>
            </th>
            <th scope="col" class="n">
              label
            </th>
            <th scope="col" class="n">
              prediction
            </th>
            <th scope="col" class="n">
              Δ mm
            </th>
          </tr>
        </thead>
        <tbody>
          {(["entry", "transition", "exit"] as const).map((point) => (
            <tr key={point}>
              <th scope="row">{point}</th>
              <td class="n">{fixed(hole.label[point].mm, 2)}</td>
              <td class="n">{fixed(hole.predicted[point].mm, 2)}</td>
              <td class="n">{signed(hole.error_mm[point], 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <a class="button" href={href("review", [hole.id], { run })}>
        Open in Review
      </a>
    </aside>
  );
}
