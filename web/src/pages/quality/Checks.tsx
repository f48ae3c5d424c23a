// What each check found, what that means, and the holes in which it found it.
import { useState } from "preact/hooks";
import { listHoles } from "../../api/holes";
import type { Quality } from "../../api/quality";
import type { Severity } from "../../api/types";
import { VerdictBadge } from "../../components/Badge";
import { ErrorState } from "../../components/EmptyState";
import { HoleCard } from "../../components/HoleCard";
import { Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count } from "../../text/format";

type Check = Quality["checks"][number];
const rank: Record<Severity, number> = { error: 3, failed: 2, warning: 1, info: 0 };

const columns: Column<Check>[] = [
  {
    key: "severity",
    title: "Severity",
    render: (c) => <VerdictBadge verdict={c.severity} />,
    sort: (c) => rank[c.severity] * 1e6 + c.n,
  },
  { key: "n", title: "Records", number: true, render: (c) => count(c.n), sort: (c) => c.n },
  { key: "text", title: "What it means", render: (c) => c.text, sort: (c) => c.text },
  { key: "check", title: "Check", render: (c) => <span class="mono">{c.check}</span>, sort: (c) => c.check },
];

export function Checks({ checks }: { checks: Check[] }) {
  const [open, setOpen] = useState("");
  return (
    <Section title="What was found" intro="Open a line to see the holes in which it was found.">
      {checks.length === 0 ? (
        <p class="card">No check found anything.</p>
      ) : (
        <Table
          caption="Findings by check"
          captionHidden
          columns={columns}
          rows={checks}
          keyOf={(c) => c.check}
          sortBy={{ key: "severity", down: true }}
          selectedKey={open}
          onOpen={(c) => setOpen(open === c.check ? "" : c.check)}
        />
      )}
      {open && <HolesOf key={open} check={open} />}
    </Section>
  );
}

function HolesOf({ check }: { check: string }) {
  const holes = useResource(check, (signal) => listHoles({ finding: check, limit: 6, sort: "score" }, signal));
  if (holes.error) return <ErrorState error={holes.error} retry={holes.reload} />;
  if (!holes.data) return <p class="soft">Loading …</p>;
  const { total, items } = holes.data;
  return (
    <div class="card stack" aria-live="polite">
      <div class="section-head">
        <p>
          <b>{count(total)}</b> {total === 1 ? "hole" : "holes"} with <span class="mono">{check}</span>
        </p>
        {total > 0 && (
          <a class="button small" href={href("review", [], { finding: check })}>
            Go through them in Review
          </a>
        )}
      </div>
      {total === 0 && <p class="soft">It was found in files that are no readable record, so there is no signal to show.</p>}
      <div class="cards">
        {items.map((hole) => (
          <HoleCard key={hole.id} hole={hole} />
        ))}
      </div>
    </div>
  );
}
