// Why a hole cannot be labelled: a list of reasons under the number keys, or words of one's own.
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";

const reasons = [
  "no contact, or drilled in an old hole",
  "not drilled through",
  "signal damaged or incomplete",
  "broken off by the machine or a person",
  "points cannot be told from the signal",
  "test or calibration run",
];

export function RejectDialog({ onReject, onClose }: { onReject: (reason: string) => void; onClose: () => void }) {
  const [own, setOwn] = useState("");
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const reason = event.target instanceof HTMLInputElement ? undefined : reasons[Number(event.key) - 1];
      if (!reason) return;
      event.preventDefault();
      onReject(reason);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onReject]);
  return (
    <Dialog title="Why can this hole not be labelled?" onClose={onClose}>
      <div class="reasons">
        {reasons.map((reason, i) => (
          <button key={reason} type="button" class="button" onClick={() => onReject(reason)}>
            <kbd>{i + 1}</kbd>
            <span>{reason}</span>
          </button>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (own.trim()) onReject(own.trim());
          }}
        >
          <input
            aria-label="Another reason"
            placeholder="another reason"
            maxLength={200}
            value={own}
            onInput={(event) => setOwn(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!own.trim()}>
            Reject
          </Button>
        </form>
      </div>
    </Dialog>
  );
}
