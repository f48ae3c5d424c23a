// Models: those with a name, their versions and which of them counts; and the finished runs that they come from.
import { useState } from "preact/hooks";
import { PageHead } from "../../components/PageHead";
import type { Route } from "../../router";
import { CompareVersions } from "./CompareVersions";
import { FinishedRuns } from "./FinishedRuns";
import { ImportPassport } from "./ImportPassport";
import { ModelView } from "./ModelView";
import { NamedModels } from "./NamedModels";
import { VersionView } from "./VersionView";

export function ModelsPage({ route }: { route: Route }) {
  const [name, version] = route.rest;
  const address = route.rest.join("/");
  return (
    <div class="page">
      {!name && <AllModels route={route} />}
      {name === "compare" && !version && <CompareVersions a={route.query["a"] ?? ""} b={route.query["b"] ?? ""} />}
      {name && name !== "compare" && !version && <ModelView key={address} name={name} route={route} />}
      {name && version && <VersionView key={address} name={name} version={Number(version)} />}
    </div>
  );
}

function AllModels({ route }: { route: Route }) {
  const [round, setRound] = useState(0);
  const again = () => setRound((n) => n + 1);
  return (
    <>
      <PageHead title="Models" actions={<ImportPassport onDone={again} />}>
        A model has a name and numbered versions; an alias such as champion says which version counts.
      </PageHead>
      <NamedModels key={round} />
      <FinishedRuns route={route} onRegistered={again} />
    </>
  );
}
