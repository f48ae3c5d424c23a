// Data sets: what a training would learn from now, and what each run has learned from, hole by hole.
import type { Route } from "../../router";
import { DatasetList } from "./DatasetList";
import { DatasetView } from "./DatasetView";
import { DiffDatasets } from "./DiffDatasets";

export function DatasetsPage({ route }: { route: Route }) {
  const [which] = route.rest;
  return (
    <div class="page">
      {!which && <DatasetList route={route} />}
      {which === "diff" && <DiffDatasets a={route.query["a"] ?? ""} b={route.query["b"] ?? ""} />}
      {which && which !== "diff" && <DatasetView key={which} name={which} />}
    </div>
  );
}
