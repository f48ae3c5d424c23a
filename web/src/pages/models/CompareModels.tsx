// The chosen models side by side: figures with differences to the first, and how the errors are spread.
import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";
import { listRunHoles, type Measure, MEASURES, type Model, type RunHole } from "../../api/runs";
import { Section } from "../../components/PageHead";
import { Plot } from "../../components/Plot";
import { shortName } from "../../components/HoleCard";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { fixed, signed } from "../../text/format";
import { compareRows, errorCurves, isBetter, largestChanges, measureWords, type Row } from "./compare";

/** What is compared: a model, or a run that may become one. */
export type Compared = Pick<Model, "run" | "metrics">;

export function CompareModels({ models }: { models: Compared[] }) {
  const names = models.map((m) => m.run);
  const holes = useResource(`errors ${names.join(",")}`, (signal) =>
    Promise.all(names.map((name) => listRunHoles(name, signal).then((list) => list.items))),
  );
  return (
    <Section title={models.length > 1 ? "Side by side" : "Figures"}>
      <div class="halves">
        <FiguresTable models={models} />
        <div class="stack">
          {holes.data && holes.data.length === names.length && <Errors names={names} holes={holes.data} />}
        </div>
      </div>
    </Section>
  );
}

function FiguresTable({ models }: { models: Compared[] }) {
  const sections = compareRows(models.map((m) => m.metrics));
  return (
    <div class="table">
      <table class="compare">
        <caption class="hidden">Figures of the chosen models</caption>
        <thead>
          <tr>
            <th scope="col">On unseen holes</th>
            {models.map((m) => (
              <th key={m.run} scope="col" class="n">
                {m.run}
              </th>
            ))}
          </tr>
        </thead>
        {sections.map((section) => (
          <tbody key={section.title}>
            <tr>
              <th colSpan={models.length + 1} scope="rowgroup" class="group">
                {section.title}
              </th>
            </tr>
            {section.rows.map((row) => (
              <tr key={row.title}>
                <th scope="row">
                  {row.title} <small>{row.unit}</small>
                </th>
                {row.values.map((value, at) => (
                  <td key={models[at]?.run} class="n">
                    {fixed(value, row.decimals)}
                    {at > 0 && <Difference row={row} first={row.values[0] ?? null} value={value} />}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** In words as well as in colour. */
function Difference({ row, first, value }: { row: Row; first: number | null; value: number | null }) {
  if (first === null || value === null || row.better === "none") return null;
  const better = isBetter(row, first, value);
  const word = better === null ? "" : better ? "better" : "worse";
  return (
    <small class={better === null ? "difference" : better ? "difference tone-ok" : "difference tone-failed"}>
      {signed(value - first, row.decimals)} {word}
    </small>
  );
}

function Errors({ names, holes }: { names: string[]; holes: RunHole[][] }) {
  const [measure, setMeasure] = useState<Measure>("hole_depth");
  const curves = useMemo(() => errorCurves(holes, measure), [holes, measure]);
  const data = useMemo<uPlot.AlignedData>(() => [curves.x, ...curves.y], [curves]);
  return (
    <div class="card stack">
      <div class="section-head">
        <h2>How the errors are spread</h2>
        <select
          aria-label="Which error"
          value={measure}
          onChange={(event) => setMeasure(event.currentTarget.value as Measure)}
        >
          {MEASURES.map((name) => (
            <option key={name} value={name}>
              {measureWords[name]}
            </option>
          ))}
        </select>
      </div>
      <Plot
        label={`Share of the holes whose ${measureWords[measure]} is off by at most so much, for ${names.join(", ")}`}
        x={{ label: "error at most (mm)" }}
        y={{ label: "holes (%)", min: 0, max: 100 }}
        series={names.map((name, at) => ({
          label: name,
          colour: [1, 2, 3, 4, 5, 6, 7, 8][at % 8] ?? 1,
          width: 2,
          digits: 1,
          ...(at
            ? {
                dash:
                  [
                    [6, 3],
                    [2, 3],
                    [10, 3, 2, 3],
                  ][(at - 1) % 3] ?? [],
              }
            : {}),
        }))}
        data={data}
        height={250}
      />
      {holes.length > 1 && <Changes names={names} first={holes[0] ?? []} second={holes[1] ?? []} measure={measure} />}
    </div>
  );
}

function Changes(props: { names: string[]; first: RunHole[]; second: RunHole[]; measure: Measure }) {
  const changes = largestChanges(props.first, props.second, props.measure, 6);
  if (changes.length === 0) return null;
  return (
    <table class="small-table">
      <caption>
        Where {props.names[1]} differs most from {props.names[0]}: size of the error in mm
      </caption>
      <thead>
        <tr>
          <th scope="col">Hole</th>
          <th scope="col" class="n">
            first
          </th>
          <th scope="col" class="n">
            second
          </th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ hole, before, after }) => (
          <tr key={hole.id}>
            <td>
              <a href={href("review", [hole.id])} title={hole.file}>
                {shortName(hole.file, 28)}
              </a>
            </td>
            <td class="n">{fixed(before, 2)}</td>
            <td class="n">{fixed(after, 2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
