// Runs: found by what they were made of and what came out, explained, put beside each other.
import type { Route } from "../../router";
import { CompareRuns } from "./CompareRuns";
import { FindRuns } from "./FindRuns";
import { RunFacts } from "./RunFacts";

export function RunsPage({ route }: { route: Route }) {
  const [which] = route.rest;
  return (
    <div class="page">
      {!which && <FindRuns route={route} />}
      {which === "compare" && <CompareRuns names={(route.query["runs"] ?? "").split(",").filter(Boolean)} />}
      {which && which !== "compare" && <RunFacts key={which} name={which} />}
    </div>
  );
}
