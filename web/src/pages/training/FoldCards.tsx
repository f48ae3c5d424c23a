// The folds side by side, each with its own small curve and its figures.
import type { Run, RunFold } from "../../api/runs";
import { Badge, type Tone } from "../../components/Badge";
import { fixed } from "../../text/format";
import { best, type Curve, type Curves } from "./curves";

interface Props {
  run: Run;
  curves: Curves;
  chosen: number | null;
  onChoose: (fold: number | null) => void;
}

export function FoldCards({ run, curves, chosen, onChoose }: Props) {
  const known = new Map(run.folds.map((fold) => [fold.fold, fold]));
  const highest = Math.max(...curves.folds.flatMap((c) => c.val_mm.filter((v): v is number => v !== null)), 1e-3);
  const lowest = Math.min(...curves.folds.flatMap((c) => c.val_mm.filter((v): v is number => v !== null && v > 0)), highest);
  const folds = Array.from({ length: run.n_folds }, (_, at) => at + 1);
  return (
    <ul class="folds">
      {folds.map((fold) => {
        const curve = curves.folds.find((c) => c.fold === fold);
        return (
          <li key={fold}>
            <button type="button" aria-pressed={chosen === fold} onClick={() => onChoose(chosen === fold ? null : fold)}>
              <FoldHead fold={fold} state={known.get(fold)?.state ?? "waiting"} />
              <Spark curve={curve} epochs={run.epochs} low={lowest} high={highest} />
              <Figures curve={curve} epochs={run.epochs} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

const tones: Record<RunFold["state"], Tone> = { waiting: "neutral", training: "info", finished: "ok", stopped: "warning" };

function FoldHead({ fold, state }: { fold: number; state: RunFold["state"] }) {
  return (
    <span class="fold-head">
      <b>Fold {fold}</b>
      <Badge tone={tones[state]}>{state}</Badge>
    </span>
  );
}

/** Error over the epochs; the same logarithmic axis in all folds, so that they can be compared. */
function Spark({ curve, epochs, low, high }: { curve: Curve | undefined; epochs: number; low: number; high: number }) {
  const width = 150;
  const height = 44;
  const x = (epoch: number) => 2 + ((epoch - 1) / Math.max(1, epochs - 1)) * (width - 4);
  const span = Math.log(high / low) || 1;
  const y = (value: number) => 3 + (1 - Math.log(Math.max(value, low) / low) / span) * (height - 6);
  const found = curve && best(curve.val_mm);
  const path = curve?.val_mm
    .map((v, at) =>
      v === null ? "" : `${at && curve.val_mm[at - 1] !== null ? "L" : "M"}${x(at + 1).toFixed(1)} ${y(v).toFixed(1)}`,
    )
    .join("");
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} />
      {path && <path d={path} />}
      {found && <circle cx={x(found.at + 1)} cy={y(found.value)} r="2.6" />}
    </svg>
  );
}

function Figures({ curve, epochs }: { curve: Curve | undefined; epochs: number }) {
  const found = curve && best(curve.val_mm);
  return (
    <span class="fold-figures">
      <span>
        epoch {curve?.epochs ?? 0}/{epochs}
      </span>
      <span>best {fixed(found?.value, 3)} mm</span>
    </span>
  );
}
