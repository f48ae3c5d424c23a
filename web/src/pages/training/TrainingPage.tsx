// Training: the runs, a form for a new one, and one run from its first epoch to its worst holes.
import type { Route } from "../../router";
import { NewRun } from "./NewRun";
import { RunList } from "./RunList";
import { RunView } from "./RunView";

export function TrainingPage({ route }: { route: Route }) {
  const [which] = route.rest;
  return (
    <div class="page">
      {!which ? <RunList /> : which === "new" ? <NewRun route={route} /> : <RunView key={which} name={which} />}
    </div>
  );
}
