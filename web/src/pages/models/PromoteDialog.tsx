// Which version counts is decided here, after the gate has looked at its evidence.
import { useState } from "preact/hooks";
import { type ModelVersion, promote, type Promoted } from "../../api/registry";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { toast, toastError } from "../../components/Toast";
import { Findings } from "./Findings";

export function PromoteDialog({ version, onClose, onDone }: { version: ModelVersion; onClose: () => void; onDone: () => void }) {
  const [alias, setAlias] = useState("champion");
  const [gate, setGate] = useState<"standard" | "none">("standard");
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState<Promoted | null>(null);
  const [busy, setBusy] = useState("");
  const run = async (check: boolean) => {
    setBusy(check ? "check" : "promote");
    try {
      const answer = await promote(version.model, version.version, { alias: alias.trim(), gate, reason: reason.trim(), check });
      setAsked(answer);
      if (answer.promoted) {
        toast(`Version ${version.version} is the ${answer.alias} of ${version.model}`);
        onDone();
      }
    } catch (cause) {
      toastError(cause);
    }
    setBusy("");
  };
  const refused = asked?.gate && !asked.gate.passed;
  return (
    <Dialog title={`Promote version ${version.version} of ${version.model}`} onClose={onClose} wide>
      <div class="stack">
        <div class="row">
          <div class="field">
            <label for="alias">Alias</label>
            <input
              id="alias"
              list="aliases"
              maxLength={40}
              autocomplete="off"
              value={alias}
              onInput={(event) => {
                setAlias(event.currentTarget.value);
                setAsked(null);
              }}
            />
            <datalist id="aliases">
              <option value="champion" />
              <option value="candidate" />
            </datalist>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={gate === "none"}
              onChange={(event) => {
                setGate(event.currentTarget.checked ? "none" : "standard");
                setAsked(null);
              }}
            />{" "}
            without the gate; the history says so
          </label>
        </div>
        <div class="field">
          <label for="promote-reason">Why</label>
          <input id="promote-reason" maxLength={2000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </div>
        <div role="status">
          {asked?.gate && (
            <>
              <p class="badges">
                <Badge tone={refused ? "failed" : "ok"}>{refused ? "the gate refuses" : "the gate is passed"}</Badge>
                {asked.previous !== null && <span>Now the {asked.alias} is version {asked.previous}.</span>}
              </p>
              <Findings items={asked.gate.findings.map(({ rule, verdict, message }) => ({ name: rule, verdict, message }))} />
            </>
          )}
          {busy === "check" && <p class="soft">The gate measures anew, from the files. That may take some seconds.</p>}
        </div>
        <footer>
          <Button onClick={onClose}>Close</Button>
          {gate === "standard" && (
            <Button icon="check" busy={busy === "check"} disabled={!alias.trim() || busy !== ""} onClick={() => void run(true)}>
              Ask the gate
            </Button>
          )}
          <Button kind="primary" busy={busy === "promote"} disabled={!alias.trim() || busy !== ""} onClick={() => void run(false)}>
            Promote
          </Button>
        </footer>
      </div>
    </Dialog>
  );
}
