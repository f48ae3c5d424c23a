// A run on the way, for the guide: how far it is, and its curve.
import { useState } from "preact/hooks";
import type { Run } from "../../api/runs";
import { href } from "../../router";
import { verdict } from "./curves";
import { FoldChart } from "./FoldChart";
import { RunButtons } from "./RunButtons";
import { RunState } from "./RunState";
import { useCurves } from "./useCurves";

export function RunProgress({ run, onChange }: { run: Run; onChange: () => void }) {
  const [round, setRound] = useState(0);
  const { curves, connected } = useCurves(run.run, run.state === "running", round);
  const again = () => {
    setRound((n) => n + 1);
    onChange();
  };
  return (
    <>
      <RunState run={run} curves={curves} connected={connected} />
      <div class="card stack">
        <div class="section-head">
          <div>
            <h2>The error on holes that the models have not seen</h2>
            <p class="soft">
              {curves.epochs === 0
                ? "The signals are being turned into numbers; the curve begins in a moment."
                : (verdict(curves, run.state === "finished") ?? "It falls while the models learn.")}
            </p>
          </div>
          <div class="row">
            <a class="button quiet" href={href("training", [run.run])}>
              All details
            </a>
            <RunButtons run={run} onChange={again} />
          </div>
        </div>
        {curves.epochs > 0 && <FoldChart curves={curves} epochs={run.epochs} fold={null} />}
      </div>
    </>
  );
}
