// One version: what it is made of, what it was proven to do, its files; checked, promoted, taken away as a passport.
import { useState } from "preact/hooks";
import { getVersion, passportUrl, type Verified, verifyVersion, type WholeVersion } from "../../api/registry";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/EmptyState";
import { FileTable } from "../../components/FileTable";
import { Icon } from "../../components/Icon";
import { PageHead, Section } from "../../components/PageHead";
import { toastError } from "../../components/Toast";
import { href, navigate } from "../../router";
import { useResource } from "../../state/resource";
import { mayAct } from "../../state/session";
import { bytes, moment } from "../../text/format";
import { titleOf, valueText } from "../runs/words";
import { factText } from "./words";
import { DeleteDialog } from "./DeleteDialog";
import { Findings } from "./Findings";
import { PromoteDialog } from "./PromoteDialog";
import { Said } from "./Said";

export function VersionView({ name, version }: { name: string; version: number }) {
  const found = useResource(`version ${name} ${version}`, (signal) => getVersion(name, version, signal));
  if (found.error && !found.data) return <ErrorState error={found.error} retry={found.reload} />;
  if (!found.data) return <p class="soft">Loading …</p>;
  return <Loaded version={found.data} reload={found.reload} />;
}

function Loaded({ version, reload }: { version: WholeVersion; reload: () => void }) {
  const [promoting, setPromoting] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const engineer = mayAct("engineer");
  const known = new Set(["metrics"]);
  return (
    <>
      <PageHead
        title={`${version.model}, version ${version.version}`}
        actions={
          <>
            <a class="button quiet" href={href("models", [version.model])}>
              All versions
            </a>
            {engineer && (
              <>
                <a class="button" href={passportUrl(version.model, version.version)} download>
                  <Icon name="download" /> Passport
                </a>
                <Button
                  kind="danger"
                  disabled={version.aliases.length > 0}
                  title={version.aliases.length ? `It is the ${version.aliases.join(" and the ")}: promote another version first` : "Take this version away"}
                  onClick={() => setDeleting(true)}
                >
                  Delete
                </Button>
                <Button kind="primary" onClick={() => setPromoting(true)}>
                  Promote
                </Button>
              </>
            )}
          </>
        }
      >
        {version.aliases.map((alias) => (
          <Badge key={alias} tone="ok">
            {alias}
          </Badge>
        ))}{" "}
        {version.description || `${version.origin} ${moment(version.created_at)} by ${version.created_by}`}
      </PageHead>
      <div class="halves">
        <Section title="Where it comes from">
          <div class="card">
            <dl class="record-facts wide">
              <Fact title="Run">{version.origin === "imported" ? version.run : <a href={href("runs", [version.run])}>{version.run}</a>}</Fact>
              <Fact title="Data set">
                {version.dataset ? <a href={href("datasets", [version.dataset])}>{version.dataset.slice(0, 12)}</a> : "unknown"}
              </Fact>
              <Fact title={version.origin === "imported" ? "Imported" : "Registered"}>
                {moment(version.created_at)} by {version.created_by}
              </Fact>
              {Object.entries(version.facts)
                .filter(([key]) => !known.has(key))
                .map(([key, value]) => (
                  <Fact key={key} title={titleOf(key).title}>
                    {typeof value === "object" && value !== null ? <Nested value={value} /> : factText(value)}
                  </Fact>
                ))}
              <Fact title="Digest">
                <code class="whole">{version.digest}</code>
              </Fact>
            </dl>
          </div>
        </Section>
        <div class="stack">
          <Said model={version.model} version={version.version} description={version.description} tags={version.tags} onChange={reload} />
          {engineer && <Verify version={version} />}
          <Section title="Figures" intro="On holes that the models had not seen.">
            <dl class="card values">
              {Object.entries(version.metrics).map(([key, value]) => (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd>{valueText(key, value)}</dd>
                </div>
              ))}
            </dl>
          </Section>
        </div>
      </div>
      <Files version={version} />
      {deleting && (
        <DeleteDialog version={version} onClose={() => setDeleting(false)} onDone={() => navigate(href("models", [version.model]))} />
      )}
      {promoting && (
        <PromoteDialog
          version={version}
          onClose={() => setPromoting(false)}
          onDone={() => {
            setPromoting(false);
            reload();
          }}
        />
      )}
    </>
  );
}

function Fact({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** One line for each member. */
function Nested({ value }: { value: object }) {
  return (
    <ul>
      {Object.entries(value).map(([key, one]) => (
        <li key={key}>
          <small>{key.replaceAll("_", " ")}: </small>
          {factText(one)}
        </li>
      ))}
    </ul>
  );
}

function Verify({ version }: { version: WholeVersion }) {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Verified | null>(null);
  const verify = async () => {
    setBusy(true);
    await verifyVersion(version.model, version.version).then(setResult, toastError);
    setBusy(false);
  };
  return (
    <Section title="Is it still what it was?">
      <div class="card stack">
        <div class="row">
          <Button icon="check" busy={busy} onClick={() => void verify()}>
            Verify
          </Button>
          <span role="status">
            {result && <Badge tone={result.good ? "ok" : "error"}>{result.good ? "every check passed" : "not what it was"}</Badge>}
          </span>
        </div>
        {result && <Findings items={result.checks} />}
      </div>
    </Section>
  );
}

function Files({ version }: { version: WholeVersion }) {
  return (
    <Section title="Files" intro={`${bytes(version.size_bytes)}, each kept by its content.`}>
      <details class="card">
        <summary>{version.files.length} files</summary>
        <FileTable caption="Files of this version" files={version.files} class="small-table" />
      </details>
    </Section>
  );
}
