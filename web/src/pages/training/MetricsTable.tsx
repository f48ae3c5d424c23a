// The figures of a finished run, for all holes or for one group of them.
import { useState } from "preact/hooks";
import { MEASURES, type RunMetrics, type SetMetrics } from "../../api/runs";
import { Section } from "../../components/PageHead";
import { count, fixed, percent, signed } from "../../text/format";
import { measureWords } from "../models/compare";

interface Choice {
  value: string;
  text: string;
  set: SetMetrics;
}

function choices(metrics: RunMetrics): Choice[] {
  const out: Choice[] = [];
  if (metrics.out_of_fold)
    out.push({ value: "all", text: "all holes, each by the models that had not seen it", set: metrics.out_of_fold });
  if (metrics.held_out && metrics.held_out.holes > 0)
    out.push({ value: "held_out", text: "held out: seen by no model", set: metrics.held_out });
  for (const [kind, groups] of Object.entries(metrics.out_of_fold?.groups ?? {}))
    for (const [name, set] of Object.entries(groups))
      out.push({ value: `${kind} ${name}`, text: `${kind.replaceAll("_", " ")}: ${name}`, set });
  return out;
}

export function MetricsTable({ metrics }: { metrics: RunMetrics }) {
  const all = choices(metrics);
  const [value, setValue] = useState("all");
  const chosen = all.find((c) => c.value === value) ?? all[0];
  if (!chosen) return null;
  const { set } = chosen;
  return (
    <Section
      title="Errors in mm"
      aside={
        <select aria-label="Which holes" value={chosen.value} onChange={(event) => setValue(event.currentTarget.value)}>
          {all.map((c) => (
            <option key={c.value} value={c.value}>
              {c.text}
            </option>
          ))}
        </select>
      }
    >
      <div class="table">
        <table>
          <caption>
            {count(set.holes)} holes
            {set.grip_code &&
              set.grip_code.n > 0 &&
              `; grip code exact for ${percent(set.grip_code.exact_fraction, 1)} of ${count(set.grip_code.n)}`}
          </caption>
          <thead>
            <tr>
              <th scope="col">Point</th>
              {heads.map((head) => (
                <th key={head.title} scope="col" class="n" title={head.help}>
                  {head.title}
                  {head.unit && <small>{head.unit}</small>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {MEASURES.map((name) => {
              const m = set.points[name];
              return (
                m && (
                  <tr key={name}>
                    <th scope="row">{measureWords[name]}</th>
                    {heads.map((head) => (
                      <td key={head.title} class="n">
                        {head.show(m)}
                      </td>
                    ))}
                  </tr>
                )
              );
            })}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

type PointMetrics = NonNullable<SetMetrics["points"]["entry"]>;

const heads: { title: string; unit?: string; help: string; show: (m: PointMetrics) => string }[] = [
  { title: "Holes", help: "in which label and prediction have the point", show: (m) => count(m.n) },
  { title: "Mean error", unit: "mm", help: "MAE: mean of the distances", show: (m) => fixed(m.mae_mm, 3) },
  { title: "RMSE", unit: "mm", help: "root of the mean square: large errors weigh more", show: (m) => fixed(m.rmse_mm, 3) },
  { title: "Bias", unit: "mm", help: "mean of prediction minus label", show: (m) => signed(m.bias_mm, 3) },
  { title: "P95", unit: "mm", help: "95 of 100 holes are better", show: (m) => fixed(m.p95_mm, 3) },
  { title: "Worst", unit: "mm", help: "the largest error", show: (m) => fixed(m.max_mm, 2) },
  { title: "Within 0.2", unit: "mm", help: "share of the holes", show: (m) => percent(m["within_0.2_mm"], 1) },
  {
    title: "In interval",
    help: "share of the labels inside the predicted interval",
    show: (m) => percent(m.interval?.coverage, 1),
  },
  { title: "Missed", help: "the label has the point, the prediction has not", show: (m) => count(m.missed) },
  { title: "Invented", help: "the prediction has the point, the label has not", show: (m) => count(m.invented) },
];
