// How far the labels of people, rules and models agree, in mm; and the holes where they do not.
import { useEffect, useState } from "preact/hooks";
import { type AgreementReport, getAgreement } from "../../api/review";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { NumberField } from "../../components/NumberField";
import { PageHead, Section } from "../../components/PageHead";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { mm } from "../../text/format";
import { Disputes } from "./Disputes";
import { PairTable } from "./PairTable";

const toleranceKey = "gimlet.tolerance";

function storedTolerance(): number {
  const value = Number(localStorage.getItem(toleranceKey));
  return value > 0 && value <= 10 ? value : 0.2;
}

export function AgreementPage() {
  const [tolerance, setTolerance] = useState(storedTolerance);
  useEffect(() => localStorage.setItem(toleranceKey, String(tolerance)), [tolerance]);
  const report = useResource(`agreement ${tolerance}`, (signal) => getAgreement(tolerance, signal));
  const data = report.data;
  return (
    <div class="page">
      <PageHead title="Agreement" actions={<Tolerance value={tolerance} onChange={setTolerance} />}>
        How far two sources of labels lie apart on the same holes. Where two people differ by more than the tolerance, the
        dispute is decided below.
      </PageHead>
      {report.error && !data && <ErrorState error={report.error} retry={report.reload} />}
      {data && data.pairs.length === 0 && <NothingToCompare />}
      {data && data.pairs.length > 0 && <Pairs data={data} tolerance={tolerance} />}
      {data && data.pairs.length > 0 && <Annotators data={data} tolerance={tolerance} />}
      {data && data.pairs.length > 0 && (
        <Disputes disputes={data.disputes} tolerance={tolerance} onDecided={report.reload} />
      )}
    </div>
  );
}

/** A slider for a feel, a field for the exact value; sent when the hand has come to rest. */
function Tolerance({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [value]);
  useEffect(() => {
    if (shown === value) return;
    const timer = setTimeout(() => onChange(shown), 250);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div class="tolerance">
      <input
        type="range"
        aria-label="Tolerance in mm"
        min="0.05"
        max="1"
        step="0.05"
        value={shown}
        onInput={(event) => setShown(Number(event.currentTarget.value))}
      />
      <NumberField
        label="Tolerance"
        unit="mm"
        value={shown}
        step={0.05}
        min={0.01}
        max={10}
        onCommit={(next) => next && onChange(next)}
      />
    </div>
  );
}

function NothingToCompare() {
  return (
    <EmptyState icon="agreement" title="Nothing to compare yet">
      <p>
        Agreement needs two labels of one hole: the rules' and a person's, or two people's. Review a few holes, or train a
        model: it labels every hole too.
      </p>
      <a class="button primary" href={href("queue")}>
        Go to the queue
      </a>
    </EmptyState>
  );
}

function Pairs({ data, tolerance }: { data: AgreementReport; tolerance: number }) {
  return (
    <Section
      title="Between sources"
      intro={`Distances between the labels of the same hole; “within” counts those up to ${mm(tolerance)}.`}
    >
      <PairTable
        caption="Agreement between pairs of sources"
        rows={data.pairs.map((pair) => ({ key: `${pair.a}|${pair.b}`, name: `${pair.a} – ${pair.b}`, points: pair.points }))}
        nameTitle="Pair"
      />
    </Section>
  );
}

function Annotators({ data, tolerance }: { data: AgreementReport; tolerance: number }) {
  const judged = data.annotators.filter((who) => who.n_known > 0);
  return (
    <Section
      title="Against known holes"
      intro={`Some holes in everybody's queue are known already. These are the distances to the known points; “within” counts up to ${mm(tolerance)}.`}
    >
      {judged.length === 0 ? (
        <p class="card soft">
          Nobody has labelled a known hole yet. A hole becomes known when its points were measured, or when a dispute about
          it is decided.
        </p>
      ) : (
        <PairTable
          caption="Error of each annotator on known holes"
          rows={judged.map((who) => ({ key: who.author, name: who.author, points: who.points }))}
          nameTitle="Annotator"
        />
      )}
    </Section>
  );
}
