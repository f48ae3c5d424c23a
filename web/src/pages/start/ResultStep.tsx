// Step 5: how good the model is, in plain words, and where to go from here.
import { type Run, runFileUrl } from "../../api/runs";
import { href } from "../../router";
import { PlainResultCard } from "../models/PlainResultCard";

export function ResultStep({ run }: { run: Run }) {
  return (
    <>
      <PlainResultCard metrics={run.metrics} epochs={run.epochs} />
      <ul class="next-steps">
        <li>
          <a class="card" href={href("training", [run.run])}>
            <b>See every hole</b>
            <span class="soft">Prediction and label side by side, the largest errors first.</span>
          </a>
        </li>
        <li>
          <a class="card" href={href("models")}>
            <b>Try it on a record</b>
            <span class="soft">
              Drop one machine file and see its points, layers and grip code. The model can be downloaded there too.
            </span>
          </a>
        </li>
        <li>
          <a class="card" href={href("queue")}>
            <b>Make the labels better</b>
            <span class="soft">The holes where a look is worth most stand first. Labels decide the accuracy.</span>
          </a>
        </li>
        <li>
          <a class="card" href={href("training", ["new"], { preset: "patchtsmixer_24cv" })}>
            <b>Train the full model</b>
            <span class="soft">All 24 folds at full length: takes longer, and is far more accurate.</span>
          </a>
        </li>
        <li>
          <a class="card" href={runFileUrl(run.run, "report.html")} target="_blank" rel="noopener">
            <b>Open the report</b>
            <span class="soft">One page with all figures and plots, to keep or to send.</span>
          </a>
        </li>
      </ul>
    </>
  );
}
