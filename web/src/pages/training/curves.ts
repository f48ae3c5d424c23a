// What a run's events add up to: a curve for each fold. No DOM.

export interface RunEvent {
  time?: string;
  event: string;
  fold?: number;
  epoch?: number;
  train_loss?: number | null;
  val_loss?: number | null;
  val_mm?: number | null;
}

export type Measure = "val_mm" | "val_loss" | "train_loss";

export interface Curve {
  fold: number;
  epochs: number; // seen so far
  val_mm: (number | null)[];
  val_loss: (number | null)[];
  train_loss: (number | null)[];
}

export interface Curves {
  folds: Curve[];
  epochs: number; // the longest curve
  ended: boolean;
}

export function emptyCurves(): Curves {
  return { folds: [], epochs: 0, ended: false };
}

function number(value: number | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// Adds one event. An epoch that comes twice (a resumed run repeats the ones after its last checkpoint) replaces the first.
export function addEvent(curves: Curves, event: RunEvent): void {
  if (event.event === "begin") curves.ended = false;
  if (event.event === "end" || event.event === "failed" || event.event === "stopped") curves.ended = true;
  if (event.event !== "epoch" || !event.fold || !event.epoch) return;
  let curve = curves.folds.find((c) => c.fold === event.fold);
  if (!curve) {
    curve = { fold: event.fold, epochs: 0, val_mm: [], val_loss: [], train_loss: [] };
    curves.folds.push(curve);
    curves.folds.sort((a, b) => a.fold - b.fold);
  }
  const at = event.epoch - 1;
  for (const measure of ["val_mm", "val_loss", "train_loss"] as const) {
    const values = curve[measure];
    while (values.length < at) values.push(null);
    values[at] = number(event[measure]);
  }
  curve.epochs = Math.max(curve.epochs, event.epoch);
  curves.epochs = Math.max(curves.epochs, event.epoch);
}

// The mean over the folds at each epoch, as far as at least one fold has come.
export function meanCurve(curves: Curves, measure: Measure): (number | null)[] {
  const out: (number | null)[] = [];
  for (let at = 0; at < curves.epochs; at++) {
    const values = curves.folds.map((c) => c[measure][at]).filter((v): v is number => typeof v === "number");
    out.push(values.length ? values.reduce((a, b) => a + b, 0) / values.length : null);
  }
  return out;
}

export function best(values: (number | null)[]): { at: number; value: number } | null {
  let found: { at: number; value: number } | null = null;
  values.forEach((value, at) => {
    if (value !== null && (found === null || value < found.value)) found = { at, value };
  });
  return found;
}

// What the curve says, for people who have not read many: null while there is too little to say.
export function verdict(curves: Curves, finished: boolean): string | null {
  const mean = meanCurve(curves, "val_mm").filter((v): v is number => v !== null);
  if (mean.length < 4) return null;
  const lowest = best(mean);
  const last = mean[mean.length - 1] as number;
  const recent = mean.slice(-Math.max(3, Math.round(mean.length / 5)));
  const gain = ((recent[0] as number) - last) / (recent[0] as number);
  if (lowest && last > lowest.value * 1.25 && mean.length - lowest.at > 4)
    return "The error has risen again since its lowest: the models begin to learn the holes by heart. The best epoch is kept, not the last.";
  if (gain > 0.05)
    return finished
      ? "The error was still falling at the end: more epochs would probably help."
      : "The error is still falling.";
  return finished ? "The error levelled off: more epochs would change little." : "The error has nearly levelled off.";
}
