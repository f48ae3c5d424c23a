// All folds in one chart, thin, with their mean, bold; one fold can be brought forward.
import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";
import { Plot, type PlotSeries } from "../../components/Plot";
import type { Curves, Measure } from "./curves";
import { meanCurve } from "./curves";

const measures: { value: Measure; title: string; axis: string }[] = [
  { value: "val_mm", title: "Error", axis: "error on unseen holes (mm, 2 at most)" },
  { value: "val_loss", title: "Loss, unseen holes", axis: "loss on unseen holes" },
  { value: "train_loss", title: "Loss, training holes", axis: "loss on training holes" },
];

interface Props {
  curves: Curves;
  /** Epochs that the run is meant to have: the axis is as long from the beginning. */
  epochs: number;
  fold: number | null;
}

export function FoldChart({ curves, epochs, fold }: Props) {
  const [measure, setMeasure] = useState<Measure>("val_mm");
  const [log, setLog] = useState(true);
  const axis = measures.find((m) => m.value === measure)?.axis ?? "";
  const data = useMemo<uPlot.AlignedData>(() => {
    const x = Array.from({ length: curves.epochs }, (_, at) => at + 1);
    const fill = (values: (number | null)[]) => x.map((_, at) => values[at] ?? null);
    const chosen = curves.folds.find((c) => c.fold === fold);
    return [
      x,
      ...curves.folds.map((c) => fill(c[measure])),
      meanCurve(curves, measure),
      ...(chosen ? [fill(chosen[measure])] : []),
    ];
  }, [curves, measure, fold]);
  const series: PlotSeries[] = [
    ...curves.folds.map((c) => ({ label: `fold ${c.fold}`, colour: 8, width: 0.7 })),
    { label: "mean", colour: 1, width: 2.4 },
    ...(fold !== null && curves.folds.some((c) => c.fold === fold)
      ? [{ label: `fold ${fold}`, colour: 2, width: 2, dash: [6, 3] }]
      : []),
  ];
  return (
    <div class="stack">
      <div class="row">
        <span class="segments" role="group" aria-label="What is drawn">
          {measures.map((m) => (
            <button type="button" key={m.value} aria-pressed={m.value === measure} onClick={() => setMeasure(m.value)}>
              {m.title}
            </button>
          ))}
        </span>
        <label class="check">
          <input type="checkbox" checked={log} onChange={(event) => setLog(event.currentTarget.checked)} /> logarithmic
        </label>
        <span class="soft key-line">
          <i class="key-bold" /> mean of the folds <i class="key-thin" /> each fold
        </span>
      </div>
      <Plot
        label={`${axis} by epoch, for ${curves.folds.length} folds and their mean`}
        x={{ label: "epoch", whole: true, min: 1, max: Math.max(2, epochs, curves.epochs) }}
        y={{ label: axis, log }}
        series={series}
        data={data}
        height={280}
        legend={false}
      />
    </div>
  );
}
