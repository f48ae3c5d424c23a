// Right, first: the three depths to read and type, the layers and the grip code that follow, live while dragging.
import { POINTS, type Label, type PointName } from "../../api/types";
import { Button } from "../../components/Button";
import { NumberField } from "../../components/NumberField";
import { firstKey } from "../../keys/keymap";
import { useStore } from "../../state/store";
import { fixed, mm, percent, signed } from "../../text/format";
import { selectPoint, setPoint, snapTo, toggleAbsent } from "./actions";
import { derive, pointTitle } from "./derived";
import type { LoadedHole } from "./holeCache";
import { editor } from "./labelEditor";
import { PointShape } from "./MarkerFlags";
import { shown } from "./reviewView";
import { candidatesFor, kindText } from "./snap";

function PointRow({ hole, name, label }: { hole: LoadedHole; name: PointName; label: Label | null }) {
  const value = useStore(editor, (state) => state.points[name]);
  const selected = useStore(shown, (state) => state.selected === name);
  const saved = label?.points[name];
  const confidence = saved && saved.mm !== null && saved.mm === value && label?.source !== "expert" ? saved.confidence : null;
  return (
    <div class={`point-row point-${name}${selected ? " selected" : ""}`} onClick={() => selectPoint(hole, name)}>
      <span class="point-name">
        <PointShape name={name} />
        {pointTitle[name]}
        <kbd>{firstKey(`point.${name}`)}</kbd>
      </span>
      <NumberField
        label={`${pointTitle[name]} depth`}
        labelHidden
        value={value}
        unit="mm"
        step={0.1}
        digits={3}
        nullable
        placeholder="absent"
        onCommit={(next) =>
          next === null ? value !== null && toggleAbsent(hole, name) : setPoint(hole, name, next, `${pointTitle[name]} typed`)
        }
      />
      <span class="point-sure" title="Chance that this depth lies within tolerance">
        {confidence === null ? "" : percent(confidence)}
      </span>
      <Button
        small
        kind="quiet"
        icon="absent"
        pressed={value === null}
        title={value === null ? `${pointTitle[name]} is absent: put it back (N)` : `Mark the ${pointTitle[name].toLowerCase()} as absent (N)`}
        onClick={() => toggleAbsent(hole, name)}
      />
    </div>
  );
}

function Layers() {
  const points = useStore(editor, (state) => state.points);
  const { layers, holeDepth, grip, gripMargin } = derive(points);
  const close = gripMargin !== null && gripMargin < 0.1;
  return (
    <dl class="layers" aria-live="off">
      {layers.length > 1 &&
        layers.map((layer) => (
          <div key={layer.title}>
            <dt>{layer.title}</dt>
            <dd>{mm(layer.mm)}</dd>
          </div>
        ))}
      <div>
        <dt>Hole depth</dt>
        <dd>{mm(holeDepth)}</dd>
      </div>
      <div class={close ? "close" : undefined} title="Fastener length class, steps of 1.5875 mm">
        <dt>Grip code</dt>
        <dd>
          <b>{grip ?? "–"}</b>
          {gripMargin !== null && <small>{close ? `△ only ${fixed(gripMargin, 2)} mm off the next` : `± ${fixed(gripMargin, 2)} mm`}</small>}
        </dd>
      </div>
    </dl>
  );
}

function Evidence({ hole, label }: { hole: LoadedHole; label: Label | null }) {
  const selected = useStore(shown, (state) => state.selected);
  const value = useStore(editor, (state) => state.points[selected]);
  const said = label?.points[selected].evidence;
  const candidates = candidatesFor(hole.detail.candidates, selected).slice(0, 6);
  return (
    <section class={`evidence point-${selected}`}>
      <h2>Evidence for the {pointTitle[selected].toLowerCase()}</h2>
      {said && <p>{said.charAt(0).toUpperCase() + said.slice(1)}.</p>}
      {candidates.length === 0 && <p class="soft">Nothing in the signal stands out.</p>}
      <ul>
        {candidates.map((item) => (
          <li key={`${item.kind}${item.mm}`}>
            <button
              type="button"
              aria-pressed={value !== null && Math.abs(value - item.mm) < 0.0005}
              title={`Put the marker here: ${item.text}`}
              onClick={() => setPoint(hole, selected, item.mm, `${pointTitle[selected]} snapped: ${item.text}`)}
            >
              <span class="strength" style={{ "--strength": item.strength }} />
              <span class="what">
                {kindText[item.kind]} <small>{item.text}</small>
              </span>
              <b>{fixed(item.mm, 2)}</b>
              <small class="n">{value === null || Math.abs(item.mm - value) < 0.005 ? "" : signed(item.mm - value, 2)}</small>
            </button>
          </li>
        ))}
      </ul>
      {candidates.length > 0 && (
        <div class="evidence-keys">
          <Button small icon="snap" hotkey={firstKey("snap.best")} onClick={() => snapTo(hole, 0)}>
            Best
          </Button>
          <Button small hotkey={firstKey("snap.next")} onClick={() => snapTo(hole, 1)}>
            Next
          </Button>
        </div>
      )}
    </section>
  );
}

export function PointsPanel({ hole }: { hole: LoadedHole }) {
  const label = useStore(editor, (state) => state.label);
  return (
    <>
      <section class="points">
        {POINTS.map((name) => (
          <PointRow key={name} hole={hole} name={name} label={label} />
        ))}
        <Layers />
      </section>
      <Evidence hole={hole} label={label} />
    </>
  );
}
