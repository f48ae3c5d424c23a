// A signed file of another machine is taken in. Who signed it must be trusted: the fingerprint is compared by people.
import { useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { importPassport } from "../../api/registry";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { toast } from "../../components/Toast";
import { mayAct } from "../../state/session";

export function ImportPassport({ onDone }: { onDone: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<{ file: File; error: ApiError } | null>(null);
  const [trust, setTrust] = useState("");
  const [busy, setBusy] = useState(false);
  if (!mayAct("engineer")) return null;
  const take = async (file: File, fingerprint: string) => {
    setBusy(true);
    try {
      const { model, version, trusted } = await importPassport(file, fingerprint);
      const first = trusted === "first" ? "Its signer is the first one here, and trusted from now on." : "";
      toast(`Version ${version} of ${model} is here, every byte as it was signed`, first ? { hint: first } : {});
      setRefused(null);
      onDone();
    } catch (cause) {
      setRefused({ file, error: cause instanceof ApiError ? cause : new ApiError(0, "internal", String(cause), "", null) });
    }
    setBusy(false);
  };
  return (
    <>
      <Button icon="upload" busy={busy} onClick={() => input.current?.click()}>
        Import a passport
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".passport"
        aria-label="Passport"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void take(file, "");
        }}
      />
      {refused && (
        <Dialog title="The passport was not taken in" onClose={() => setRefused(null)}>
          <p class="problem" role="alert">
            {refused.error.message}
          </p>
          {refused.error.hint && <p>{refused.error.hint}</p>}
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void take(refused.file, trust.trim());
            }}
          >
            <div class="field">
              <label for="fingerprint">Fingerprint of a signer to trust from now on</label>
              <input id="fingerprint" class="mono" autocomplete="off" value={trust} onInput={(event) => setTrust(event.currentTarget.value)} />
              <small>At least the first 16 digits, as the other machine's people tell them to you by another way than this file.</small>
            </div>
            <footer>
              <Button onClick={() => setRefused(null)}>Cancel</Button>
              <Button kind="primary" type="submit" busy={busy} disabled={!trust.trim()}>
                Trust and take in
              </Button>
            </footer>
          </form>
        </Dialog>
      )}
    </>
  );
}
