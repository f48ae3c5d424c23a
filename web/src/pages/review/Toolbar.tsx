// Above the charts: which hole this is, and how to look at it. Below them: what to do with it.
import type { Hole } from "../../api/types";
import { StateBadge, VerdictBadge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { toast } from "../../components/Toast";
import { firstKey } from "../../keys/keymap";
import { useStore } from "../../state/store";
import { fixed, signed } from "../../text/format";
import { zoomToSelected } from "./actions";
import { cursors, measure, measureTsv } from "./cursors";
import type { LoadedHole } from "./holeCache";
import { editor, stepBack, type SaveState } from "./labelEditor";
import { fileName } from "./QueuePanel";
import { shown, swapAxis, togglePush, view } from "./reviewView";

const keyed = (text: string, id: string) => `${text} (${firstKey(id) ?? "no key"})`;

export function Toolbar({ hole, onCursors }: { hole: LoadedHole; onCursors: () => void }) {
  const { rule, predictions, axis, yLocked, push } = useStore(shown);
  const measuring = useStore(cursors, (value) => value.on);
  const { hole: facts } = hole.detail;
  return (
    <div class="toolbar" role="toolbar" aria-label="View">
      <div class="hole-name">
        <div>
          <h1 title={facts.file}>
            <bdi>{fileName(facts.file)}</bdi>
          </h1>
          <small>{facts.family}</small>
        </div>
        <VerdictBadge verdict={facts.verdict} />
        <CurrentState hole={facts} />
      </div>
      <Button small icon="swap" title={keyed("Time or depth as the axis", "view.axis")} onClick={() => swapAxis(hole)}>
        {axis === "time" ? "time s" : "depth mm"}
      </Button>
      <Button small icon="fit" title={keyed("Fit the whole hole", "view.fit")} onClick={() => view.fit()} />
      <Button small icon="zoom" title={keyed("Zoom to the marker", "view.marker")} onClick={() => zoomToSelected(hole)} />
      <Button small icon="cursors" pressed={measuring} title={keyed("Measure with two cursors", "view.cursors")} onClick={onCursors} />
      <Button
        small
        pressed={yLocked}
        title="Keep the vertical scales instead of fitting them to what is in view (Y)"
        onClick={() => shown.set({ yLocked: !yLocked })}
      >
        lock y
      </Button>
      <Button small pressed={push} title={keyed("A marker pushes its neighbour along instead of stopping at it", "edit.push")} onClick={togglePush}>
        push
      </Button>
      <Button small pressed={rule} title={keyed("The automatic label", "view.rule")} onClick={() => shown.set({ rule: !rule })}>
        rule
      </Button>
      <Button
        small
        pressed={predictions}
        title={keyed("Predictions of models and folds", "view.ghosts")}
        onClick={() => shown.set({ predictions: !predictions })}
      >
        predictions
      </Button>
    </div>
  );
}

/** What is on the screen, not what the list said when it was loaded. */
function CurrentState({ hole }: { hole: Hole }) {
  const { label, rejected } = useStore(editor);
  const reviewed = label?.source === "expert" || label?.source === "truth";
  return <StateBadge state={rejected ? "rejected" : reviewed ? "reviewed" : label ? "auto" : hole.state} />;
}

export function CursorReadout({ hole }: { hole: LoadedHole }) {
  const { on, a, b } = useStore(cursors);
  if (!on) return null;
  const value = measure(hole, a, b);
  const copy = () =>
    navigator.clipboard.writeText(measureTsv(hole, a, b)).then(
      () => toast("Copied, ready for a spreadsheet"),
      () => toast("The browser did not allow copying", { tone: "warning" }),
    );
  const cell = (title: string, text: string) => (
    <span>
      <small>{title}</small> <b>{text}</b>
    </span>
  );
  return (
    <div class="measure" role="status">
      <Icon name="cursors" />
      {cell("Δ", `${signed(value.dMm, 2)} mm`)}
      {cell("Δ", `${fixed(value.dS, 2)} s`)}
      {cell("torque mean", `${fixed(value.torqueMean, 2)} A`)}
      {cell("max", `${fixed(value.torqueMax, 2)} A`)}
      {cell("slope", `${signed(value.torqueSlope, 2)} A/mm`)}
      {cell("thrust mean", `${fixed(value.thrustMean, 2)} A`)}
      {cell("max", `${fixed(value.thrustMax, 2)} A`)}
      {cell("slope", `${signed(value.thrustSlope, 2)} A/mm`)}
      {cell("power", `${fixed(value.powerMean, 0)} W`)}
      {cell("energy", `${fixed(value.energy, 0)} J`)}
      {cell("step", value.steps)}
      <span class="spring" />
      <Button small kind="quiet" icon="copy" title="Copy as tab-separated values" onClick={() => void copy()} />
      <Button small kind="quiet" icon="close" title="Put the cursors away" onClick={() => cursors.set({ on: false })} />
    </div>
  );
}

const saveText: Record<SaveState, string> = {
  saved: "saved",
  waiting: "saving",
  saving: "saving",
  offline: "not saved: waiting for the server",
  conflict: "not saved: choose a version",
};

export interface ActionBarProps {
  onPrevious: () => void;
  onNext: () => void;
  onAccept: () => void;
  onReject: () => void;
}

export function ActionBar({ onPrevious, onNext, onAccept, onReject }: ActionBarProps) {
  const { canUndo, canRedo, save, rejected } = useStore(editor);
  return (
    <div class="actionbar" role="toolbar" aria-label="Hole">
      <Button icon="left" title={keyed("Previous hole", "hole.previous")} onClick={onPrevious} />
      <Button icon="right" title={keyed("Next hole, this one as it is", "hole.next")} onClick={onNext} />
      <span class="divider" />
      <Button icon="undo" title={keyed("Undo", "edit.undo")} disabled={!canUndo && save === "saved"} onClick={() => void stepBack("undo")} />
      <Button icon="redo" title={keyed("Redo", "edit.redo")} disabled={!canRedo} onClick={() => void stepBack("redo")} />
      <span class={`save save-${save}`} role="status">
        <Icon name={save === "saved" ? "check" : save === "offline" || save === "conflict" ? "reject" : "swap"} size={13} />
        {saveText[save]}
      </span>
      <span class="spring" />
      <Button kind="danger" icon="reject" hotkey={firstKey("hole.reject")} onClick={onReject}>
        {rejected ? "Rejected" : "Reject"}
      </Button>
      <Button kind="primary" icon="check" hotkey={firstKey("hole.accept")} onClick={onAccept}>
        Accept and next
      </Button>
    </div>
  );
}
