// Which holes to look at first, and why; and approval of many holes at once.
import type { Route } from "../../router";
import { href } from "../../router";
import { PageHead } from "../../components/PageHead";
import { BatchPanel } from "./BatchPanel";
import { QueueTable } from "./QueueTable";

export function QueuePage({ route }: { route: Route }) {
  const batch = route.rest[0] === "batch";
  const current = (on: boolean) => (on ? ("page" as const) : undefined);
  return (
    <div class="page">
      <PageHead title="Queue">
        The holes where a look is worth most stand first: folds or sources that disagree, unusual signals, unsure labels.
        Some are picked at random, to measure how good the labels are.
      </PageHead>
      <nav class="tabs" aria-label="Queue">
        <a href={href("queue")} aria-current={current(!batch)}>
          One by one
        </a>
        <a href={href("queue", ["batch"])} aria-current={current(batch)}>
          Approve many at once
        </a>
      </nav>
      {batch ? <BatchPanel route={route} /> : <QueueTable route={route} />}
    </div>
  );
}
