// The sheet of all keys under "?". A click on a key takes the next one pressed in its place.
import { useEffect, useState } from "preact/hooks";
import { actions, changed, chordOf, keysOf, keyText, rebind, resetKeys, takenBy, type KeyAction } from "../keys/keymap";
import { useStore } from "../state/store";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

function Row({ item, waiting, onStart }: { item: KeyAction; waiting: boolean; onStart: () => void }) {
  const own = changed.get().keys[item.id] !== undefined;
  return (
    <li>
      <span>{item.text}</span>
      <button
        type="button"
        class={waiting ? "keycap waiting" : "keycap"}
        aria-label={`${item.text}: ${keysOf(item.id).map(keyText).join(" or ")}. Press to change`}
        onClick={onStart}
      >
        {waiting ? "press a key" : keysOf(item.id).map((chord) => <kbd key={chord}>{keyText(chord)}</kbd>)}
      </button>
      {own && <Button small kind="quiet" icon="undo" title="Back to the usual key" onClick={() => rebind(item.id, null)} />}
    </li>
  );
}

export function KeySheet({ onClose }: { onClose: () => void }) {
  useStore(changed);
  const [waiting, setWaiting] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!waiting) return;
    const onKey = (event: KeyboardEvent) => {
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const chord = chordOf(event);
      const other = takenBy(chord, waiting);
      if (event.key === "Escape") setProblem("");
      else if (other) setProblem(`${keyText(chord)} already does: ${other.text}`);
      else {
        rebind(waiting, [chord]);
        setProblem("");
      }
      setWaiting("");
    };
    addEventListener("keydown", onKey, true);
    return () => removeEventListener("keydown", onKey, true);
  }, [waiting]);

  const groups = [...new Set(actions.map((item) => item.group))];
  return (
    <Dialog
      title="Keys"
      wide
      onClose={onClose}
      actions={
        <>
          <p class="soft">Click on a key to change it. Changes stay in this browser.</p>
          <Button onClick={resetKeys}>All keys as they came</Button>
        </>
      }
    >
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="keysheet">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul>
              {actions
                .filter((item) => item.group === group)
                .map((item) => (
                  <Row key={item.id} item={item} waiting={waiting === item.id} onStart={() => setWaiting(item.id)} />
                ))}
            </ul>
          </section>
        ))}
        <section>
          <h3>Mouse</h3>
          <ul>
            <li>
              <span>zoom about the cursor</span>
              <kbd>wheel</kbd>
            </li>
            <li>
              <span>pan</span>
              <span>
                <kbd>Shift+wheel</kbd> <kbd>drag</kbd>
              </span>
            </li>
            <li>
              <span>fit the whole hole</span>
              <kbd>double click</kbd>
            </li>
            <li>
              <span>move a marker; it snaps to evidence</span>
              <kbd>drag its flag</kbd>
            </li>
            <li>
              <span>move it freely</span>
              <kbd>Alt+drag</kbd>
            </li>
            <li>
              <span>put the selected marker here</span>
              <kbd>Ctrl+click</kbd>
            </li>
          </ul>
        </section>
      </div>
    </Dialog>
  );
}
