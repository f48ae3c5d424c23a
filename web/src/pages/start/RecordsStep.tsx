// Step 1: drop a folder of records, name one that lies on the server, or simulate some.
import { useEffect, useRef, useState } from "preact/hooks";
import { putRecord, startJob } from "../../api/jobs";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Progress } from "../../components/Progress";
import { toastError } from "../../components/Toast";
import { mayAct } from "../../state/session";
import { bytes, count } from "../../text/format";
import { type DroppedFile, droppedFiles, pickedFiles, upload, type UploadProgress } from "./dropped";

interface Props {
  hasData: boolean;
  onStarted: () => void;
}

export function RecordsStep({ hasData, onStarted }: Props) {
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const [note, setNote] = useState("");
  const cancelled = useRef(false);

  const prepare = async (options: Record<string, unknown>) => {
    try {
      await startJob("prepare", options);
      onStarted();
    } catch (cause) {
      toastError(cause);
    }
  };
  const send = async (files: DroppedFile[]) => {
    if (files.length === 0) return setNote("There is no record in it. Records end in .xls, .xlsx or .json.");
    setNote("");
    cancelled.current = false;
    setProgress({ done: 0, total: files.length, bytes: 0, failed: [] });
    const result = await upload(
      files,
      (f) => putRecord(f.path, f.file),
      setProgress,
      () => cancelled.current,
    );
    if (cancelled.current) return setProgress(null);
    if (result.failed.length < result.total) await prepare({});
  };
  if (!mayAct("engineer")) return <p class="card">To add records needs the role engineer. Ask an administrator.</p>;
  if (progress)
    return <Uploading progress={progress} onCancel={() => (cancelled.current = true)} onBack={() => setProgress(null)} />;
  return (
    <>
      {hasData && (
        <p class="card">There are records already. New ones are added; files that are known are not read twice.</p>
      )}
      <DropZone onFiles={(files) => void send(files)} note={note} />
      <div class="halves">
        <ServerFolder onPrepare={(folder) => prepare({ input: folder })} />
        <Simulated onStarted={onStarted} />
      </div>
    </>
  );
}

function DropZone({ onFiles, note }: { onFiles: (files: DroppedFile[]) => void; note: string }) {
  const [over, setOver] = useState(false);
  const [walking, setWalking] = useState(false);
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  // Not in the types, but in all browsers: choose a folder instead of files.
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const onDrop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!event.dataTransfer) return;
    setWalking(true);
    try {
      onFiles(await droppedFiles(event.dataTransfer));
    } catch (cause) {
      toastError(cause);
    }
    setWalking(false);
  };
  const take = (input: HTMLInputElement) => input.files && onFiles(pickedFiles(input.files));
  return (
    <div
      class={over ? "card drop big over" : "card drop big"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => void onDrop(event)}
    >
      <Icon name="upload" size={30} />
      <h2>{walking ? "Looking through the folder …" : "Drop a folder of records here"}</h2>
      <p class="soft">
        The files as the machines wrote them (.xls, .xlsx, .json), with all subfolders. The originals stay untouched.
      </p>
      <div class="row">
        <Button kind="primary" onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
        <Button onClick={() => files.current?.click()}>Choose single files</Button>
      </div>
      <input ref={folder} type="file" hidden multiple aria-label="Folder" onChange={(event) => take(event.currentTarget)} />
      <input ref={files} type="file" hidden multiple aria-label="Files" onChange={(event) => take(event.currentTarget)} />
      {note && (
        <p class="problem" role="alert">
          {note}
        </p>
      )}
    </div>
  );
}

function ServerFolder({ onPrepare }: { onPrepare: (folder: string) => Promise<void> }) {
  const [path, setPath] = useState("");
  const [busy, setBusy] = useState(false);
  const go = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!path.trim()) return;
    setBusy(true);
    await onPrepare(path.trim());
    setBusy(false);
  };
  return (
    <form class="card stack" onSubmit={go}>
      <h2>The folder is on the computer that runs Gimlet</h2>
      <label class="field">
        <span>Its path</span>
        <input
          value={path}
          placeholder="/data/records"
          autocomplete="off"
          onInput={(event) => setPath(event.currentTarget.value)}
        />
      </label>
      <p class="soft">It is read where it lies, nothing is copied.</p>
      <div class="row">
        <Button type="submit" busy={busy} disabled={!path.trim()}>
          Read this folder
        </Button>
      </div>
    </form>
  );
}

const simulatedHoles = 150;

function Simulated({ onStarted }: { onStarted: () => void }) {
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await startJob("simulate", { holes: simulatedHoles, seed: 1 });
      onStarted();
    } catch (cause) {
      toastError(cause);
    }
    setBusy(false);
  };
  return (
    <div class="card stack">
      <h2>No records at hand?</h2>
      <p class="soft">
        Gimlet can make {simulatedHoles} records of holes whose true depths are known, as a machine would have written them:
        enough to see how everything works.
      </p>
      <div class="row">
        <Button busy={busy} onClick={go}>
          Make {simulatedHoles} simulated records
        </Button>
      </div>
    </div>
  );
}

function Uploading({ progress, onCancel, onBack }: { progress: UploadProgress; onCancel: () => void; onBack: () => void }) {
  const over = progress.done === progress.total;
  const none = over && progress.failed.length === progress.total;
  return (
    <div class="card stack" aria-live="polite">
      <h2>{none ? "No file could be sent" : "Sending the records"}</h2>
      <Progress
        label="Files sent"
        done={progress.done}
        total={progress.total}
        text={`${count(progress.done)} of ${count(progress.total)} files, ${bytes(progress.bytes)}`}
      />
      {progress.failed.length > 0 && (
        <details open={none}>
          <summary class="problem">{count(progress.failed.length)} could not be sent</summary>
          <ul>
            {progress.failed.slice(0, 50).map((failure) => (
              <li key={failure.path}>
                <span class="mono">{failure.path}</span>: {failure.message}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div class="row">
        {none ? <Button onClick={onBack}>Back</Button> : !over && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </div>
  );
}
