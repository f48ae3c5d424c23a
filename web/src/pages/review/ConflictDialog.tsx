// Two people changed one hole: both versions side by side, and for each point the choice. What is not chosen stays in the
// history (theirs) or comes back with one click (ours).
import { useState } from "preact/hooks";
import { POINTS, type PointName } from "../../api/types";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { toast } from "../../components/Toast";
import { useStore } from "../../state/store";
import { fixed, moment, signed } from "../../text/format";
import { clampToOrder, depthsOf, pointTitle, type Depths } from "./derived";
import { commit, editor, latestOf, resolveWith, takeTheirs } from "./labelEditor";
import { PointShape } from "./MarkerFlags";

type Side = "mine" | "theirs";

function inOrder(points: Depths): boolean {
  return POINTS.every((name) => points[name] === null || clampToOrder(points, name, points[name]) === points[name]);
}

export function ConflictDialog() {
  const { conflict, points: mine, rejected, reason, label } = useStore(editor);
  const base = depthsOf(label);
  const firstChoice = (name: PointName): Side => (mine[name] === base[name] ? "theirs" : "mine");
  const [side, setSide] = useState<Record<PointName, Side>>(() => ({
    entry: firstChoice("entry"),
    transition: firstChoice("transition"),
    exit: firstChoice("exit"),
  }));
  if (!conflict) return null;
  const other = latestOf(conflict.theirs);
  const theirs = depthsOf(other);
  const chosen = Object.fromEntries(POINTS.map((name) => [name, side[name] === "mine" ? mine[name] : theirs[name]])) as Depths;
  const ordered = inOrder(chosen);

  const keepTheirs = () => {
    takeTheirs();
    toast("Their version stands", {
      action: { text: "Put mine back", run: () => commit("own version put back", { points: mine, rejected, reason }) },
    });
  };
  const depth = (value: number | null, off: boolean) => (off ? "rejected" : value === null ? "absent" : fixed(value, 3));
  return (
    <Dialog
      title="Somebody else changed this hole"
      onClose={() => toast("Choose a version first: nothing is saved until then", { tone: "warning" })}
      actions={
        <>
          <Button onClick={keepTheirs}>Take theirs</Button>
          <Button onClick={() => void resolveWith(mine, rejected, reason, "kept over another's version")}>Keep mine</Button>
          <Button
            kind="primary"
            disabled={!ordered || rejected || (other?.rejected ?? false)}
            onClick={() => void resolveWith(chosen, false, "", "chosen from two versions")}
          >
            Use the choice
          </Button>
        </>
      }
    >
      <p>
        {other?.author || "Somebody"} saved version {conflict.version}
        {other?.made_at && ` on ${moment(other.made_at)}`} while you were at work. Both are kept until you choose.
      </p>
      <div class="table">
        <table class="conflict">
          <thead>
            <tr>
              <th scope="col">Point</th>
              <th scope="col" class="n">Yours</th>
              <th scope="col" class="n">{other?.author || "Theirs"}</th>
              <th scope="col" class="n">
                Δ<small>mm</small>
              </th>
            </tr>
          </thead>
          <tbody>
            {POINTS.map((name) => {
              const a = mine[name];
              const b = theirs[name];
              const option = (which: Side, text: string) => (
                <label>
                  <input
                    type="radio"
                    name={`conflict-${name}`}
                    checked={side[name] === which}
                    onChange={() => setSide({ ...side, [name]: which })}
                  />
                  {text}
                </label>
              );
              return (
                <tr key={name} class={`point-${name}`}>
                  <th scope="row">
                    <PointShape name={name} /> {pointTitle[name]}
                  </th>
                  <td class="n">{option("mine", depth(a, rejected))}</td>
                  <td class="n">{option("theirs", depth(b, other?.rejected ?? false))}</td>
                  <td class="n">{a !== null && b !== null ? signed(a - b, 3) : "–"}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {!ordered && <p class="problem">This choice is out of order: entry, transition, exit must follow one another.</p>}
    </Dialog>
  );
}
