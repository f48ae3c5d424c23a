// The files of the chosen models, to be taken away.
import { useState } from "preact/hooks";
import { mayOpenFile, type Model, runFileUrl } from "../../api/runs";
import { Icon } from "../../components/Icon";
import { Section } from "../../components/PageHead";
import { bytes } from "../../text/format";

const meanings: Record<string, string> = {
  "model.onnx": "the whole ensemble for ONNX Runtime",
  "metrics.json": "all figures, for programs",
  "report.html": "the report, for people; opens without a network",
  "config.yaml": "every parameter as it was used",
  "out_of_fold.csv": "prediction and label of every hole",
  "folds.json": "which hole was judged in which fold",
  "events.jsonl": "every epoch of every fold",
  "run.json": "when, with what, on which data",
};

function meaning(path: string): string {
  if (path.endsWith("model.safetensors")) return "weights of one fold, for transformers";
  if (path.endsWith("config.json")) return "shape of one fold, for transformers";
  if (path.endsWith("gimlet.json")) return "channels, windows and calibration of one fold";
  if (path.endsWith("history.csv")) return "losses of one fold by epoch";
  return meanings[path] ?? "";
}

/** The files of the folds come behind those of the whole run. */
function ordered(model: Model): Model["files"] {
  const inFold = (path: string) => Number(path.includes("/"));
  return [...model.files].sort((a, b) => inFold(a.path) - inFold(b.path) || a.path.localeCompare(b.path, "en"));
}

export function Downloads({ models }: { models: Model[] }) {
  const [name, setName] = useState(models[0]?.run ?? "");
  const model = models.find((m) => m.run === name) ?? models[0];
  if (!model) return null;
  const files = ordered(model).filter(mayOpenFile);
  const whole = files.filter((file) => !file.path.includes("/"));
  const folds = files.filter((file) => file.path.includes("/"));
  return (
    <Section
      title="Download"
      aside={
        models.length > 1 && (
          <select aria-label="Model to download" value={model.run} onChange={(event) => setName(event.currentTarget.value)}>
            {models.map((m) => (
              <option key={m.run}>{m.run}</option>
            ))}
          </select>
        )
      }
    >
      <div class="card stack">
        <FileList run={model.run} files={whole} />
        {folds.length > 0 && (
          <details>
            <summary>Files of the single folds: {folds.length}</summary>
            <FileList run={model.run} files={folds} />
          </details>
        )}
      </div>
    </Section>
  );
}

function FileList({ run, files }: { run: string; files: Model["files"] }) {
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={file.path}>
          <a href={runFileUrl(run, file.path)} download={file.path.replaceAll("/", "_")}>
            <Icon name="download" /> {file.path}
          </a>
          <span class="soft">{meaning(file.path)}</span>
          <span class="n">{bytes(file.size_bytes)}</span>
        </li>
      ))}
    </ul>
  );
}
