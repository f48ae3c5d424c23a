// Distances in mm for each of the three points, one line for each pair or person.
import type { Agreement } from "../../api/review";
import { POINTS, type PointName } from "../../api/types";
import { count, fixed, percent, signed } from "../../text/format";

export interface PairRow {
  key: string;
  name: string;
  points: Partial<Record<PointName, Agreement>>;
}

const figures: { title: string; help: string; show: (a: Agreement) => string }[] = [
  { title: "n", help: "holes in which both have the point", show: (a) => count(a.n) },
  { title: "median", help: "half of the distances are smaller", show: (a) => fixed(a.median_mm, 3) },
  { title: "P95", help: "95 of 100 distances are smaller", show: (a) => fixed(a.p95_mm, 2) },
  { title: "within", help: "share within the tolerance", show: (a) => percent(a.within, 0) },
  {
    title: "bias",
    help: "mean of first minus second: does one mark deeper than the other?",
    show: (a) => signed(a.bias_mm, 3),
  },
];

export function PairTable({ caption, rows, nameTitle }: { caption: string; rows: PairRow[]; nameTitle: string }) {
  return (
    <div class="table">
      <table class="pair-table">
        <caption class="hidden">{caption}, in mm</caption>
        <thead>
          <tr>
            <th rowSpan={2} scope="col">
              {nameTitle}
            </th>
            {POINTS.map((point) => (
              <th key={point} colSpan={figures.length} scope="colgroup" class="first">
                {point} <small>mm</small>
              </th>
            ))}
          </tr>
          <tr>
            {POINTS.map((point) =>
              figures.map((figure, at) => (
                <th key={`${point} ${figure.title}`} scope="col" class={at === 0 ? "n first" : "n"} title={figure.help}>
                  {figure.title}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.name}</th>
              {POINTS.map((point) => {
                const found = row.points[point];
                return figures.map((figure, at) => (
                  <td key={`${point} ${figure.title}`} class={at === 0 ? "n first" : "n"}>
                    {found && found.n > 0 ? figure.show(found) : "–"}
                  </td>
                ));
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
