import type { Run, RunState } from "../../api/runs";
import { Badge, type Tone } from "../../components/Badge";

const tones: Record<RunState, Tone> = { running: "info", finished: "ok", stopped: "warning", failed: "error" };

export function RunBadge({ state }: { state: RunState }) {
  return <Badge tone={tones[state]}>{state}</Badge>;
}

/** Epochs of all folds that are behind us. */
export const epochsDone = (run: Run): number => run.folds.reduce((sum, fold) => sum + fold.epoch, 0);
