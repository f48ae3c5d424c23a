// The flags of the three markers, as sliders that a screen reader knows, and the handles of the two cursors.
import { POINTS, type PointName } from "../../api/types";
import { useStore } from "../../state/store";
import { fixed } from "../../text/format";
import { nudgeBySamples } from "./actions";
import { cursors } from "./cursors";
import { pointTitle } from "./derived";
import type { LoadedHole } from "./holeCache";
import { editor } from "./labelEditor";
import { shown } from "./reviewView";

const shapes: Record<PointName, string> = { entry: "M1 2h8L5 9z", transition: "M5 .5 9.5 5 5 9.5.5 5z", exit: "M1 8h8L5 1z" };

export function PointShape({ name }: { name: PointName }) {
  return (
    <svg class="point-shape" width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}

export function MarkerFlags({ hole }: { hole: LoadedHole }) {
  const points = useStore(editor, (value) => value.points);
  const rejected = useStore(editor, (value) => value.rejected);
  const selected = useStore(shown, (value) => value.selected);
  const measuring = useStore(cursors, (value) => value.on);
  const frontMm = hole.axis.frontMm;
  return (
    <>
      {POINTS.map((name, i) => {
        const mm = points[name];
        if (mm === null) return null;
        return (
          <button
            key={name}
            type="button"
            class={`flag point-${name}${rejected ? " rejected" : ""}`}
            data-point={name}
            role="slider"
            aria-label={pointTitle[name]}
            aria-valuemin={frontMm[0] ?? 0}
            aria-valuemax={frontMm[frontMm.length - 1] ?? 0}
            aria-valuenow={mm}
            aria-valuetext={`${fixed(mm, 2)} mm`}
            aria-current={selected === name}
            title={`${pointTitle[name]}: drag to move, Alt to move freely; key ${i + 1}`}
            onFocus={() => shown.set({ selected: name })}
            onKeyDown={(event) => {
              const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
              if (step === undefined) return;
              event.preventDefault();
              nudgeBySamples(hole, step);
            }}
          >
            <PointShape name={name} />
            <span>{pointTitle[name]}</span>
            <b>{fixed(mm, 2)}</b>
          </button>
        );
      })}
      {measuring && (["a", "b"] as const).map((name) => <span key={name} class={`handle ${name}`} data-cursor={name} />)}
    </>
  );
}
