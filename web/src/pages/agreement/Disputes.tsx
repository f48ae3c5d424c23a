// Holes whose labels lie further apart than the tolerance, the widest first.
import { useEffect, useState } from "preact/hooks";
import type { AgreementReport } from "../../api/review";
import { EmptyState } from "../../components/EmptyState";
import { shortName } from "../../components/HoleCard";
import { Section } from "../../components/PageHead";
import { count, mm } from "../../text/format";
import { DisputeView } from "./DisputeView";

export type Dispute = AgreementReport["disputes"][number];

interface Props {
  disputes: Dispute[];
  tolerance: number;
  onDecided: () => void;
}

export function Disputes({ disputes, tolerance, onDecided }: Props) {
  const [id, setId] = useState("");
  const chosen = disputes.find((d) => d.hole.id === id) ?? disputes[0];
  useEffect(() => {
    if (chosen && chosen.hole.id !== id) setId(chosen.hole.id);
  }, [chosen?.hole.id]);
  const walk = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const next = { ArrowDown: target.nextElementSibling, ArrowUp: target.previousElementSibling }[event.key];
    if (!(next instanceof HTMLButtonElement)) return;
    event.preventDefault();
    next.focus();
    next.click();
  };
  return (
    <Section
      title={`Disputes: ${count(disputes.length)}`}
      intro={`Holes on which two people differ by more than ${mm(tolerance)}, or on whether a point is there, and whose truth is not known.`}
    >
      {!chosen ? (
        <div class="card">
          <EmptyState icon="check" title="No disputes">
            <p>No two people differ by more than {mm(tolerance)} on a hole that both have labelled.</p>
          </EmptyState>
        </div>
      ) : (
        <div class="disputes">
          <div class="dispute-list" role="group" aria-label="Disputes" onKeyDown={walk}>
            {disputes.map((dispute) => (
              <button
                type="button"
                key={dispute.hole.id}
                aria-pressed={dispute === chosen}
                onClick={() => setId(dispute.hole.id)}
              >
                <b>
                  <span>{dispute.spread_mm === null ? "there or not?" : mm(dispute.spread_mm)}</span>
                  <span class="soft">{dispute.point}</span>
                </b>
                <span>{shortName(dispute.hole.file, 34)}</span>
                <small>
                  {dispute.hole.family} · {dispute.labels.length} labels
                </small>
              </button>
            ))}
          </div>
          <DisputeView key={chosen.hole.id} dispute={chosen} onDecided={onDecided} />
        </div>
      )}
    </Section>
  );
}
