// Two versions on the holes that both have not seen: each difference with its interval, so that luck is not taken for
// progress.
import { type ComparedPoint, type Comparison, comparisonPage, compareVersions } from "../../api/registry";
import { Badge, type Tone } from "../../components/Badge";
import { ErrorState } from "../../components/EmptyState";
import { PageHead, Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, fixed, moment, signed } from "../../text/format";

const tones: Record<ComparedPoint["verdict"], Tone> = { better: "ok", worse: "failed", "no difference": "neutral", unknown: "neutral" };
const pointWords: Record<string, string> = { entry: "Entry", transition: "Transition", exit: "Exit", hole_depth: "Hole depth" };
const kindWords: Record<string, string> = { family: "family", program: "program", tool_age: "tool age" };

export function CompareVersions({ a, b }: { a: string; b: string }) {
  const found = useResource(`versions ${a} ${b}`, (signal) => compareVersions(a, b, signal));
  return (
    <>
      <PageHead
        title={`${a} and ${b}`}
        actions={
          <>
            <a class="button quiet" href={href("models", [a.replace(/[:@].*$/, "")])}>
              All versions
            </a>
            <a class="button" href={comparisonPage(a, b)} target="_blank" rel="noopener">
              As a page to keep
            </a>
          </>
        }
      >
        {found.data && (
          <>
            On {count(found.data.common_holes)} holes that both have not seen
            {found.data.same_dataset ? ", with the same labels" : "; they learned from different data sets"}. Difference is the second one
            minus the first: below zero, the second one is better.
          </>
        )}
      </PageHead>
      {found.error && !found.data && <ErrorState error={found.error} retry={found.reload} />}
      {!found.data && !found.error && <p class="soft">Comparing hole by hole …</p>}
      {found.data && <Loaded comparison={found.data} />}
    </>
  );
}

const value = (key: string, title: string, of: (row: ComparedPoint) => number | null, text = (x: number | null) => fixed(x, 3)): Column<ComparedPoint> => ({
  key,
  title,
  unit: "mm",
  number: true,
  render: (row) => text(of(row)),
  sort: of,
});

const figures: Column<ComparedPoint>[] = [
  { key: "n", title: "Holes", number: true, render: ({ n }) => count(n), sort: ({ n }) => n },
  value("a", "First", ({ a }) => a),
  value("b", "Second", ({ b }) => b),
  value("difference", "Difference", ({ difference }) => difference, (x) => signed(x, 3)),
  {
    key: "interval",
    title: "95 % interval",
    unit: "mm",
    number: true,
    render: ({ low, high }) => (low === null || high === null ? "–" : `${signed(low, 3)} to ${signed(high, 3)}`),
  },
  { key: "p", title: "p", number: true, help: "how often chance alone would give such a difference", render: ({ p }) => (p < 0.001 ? "< 0.001" : fixed(p, 3)), sort: ({ p }) => p },
  { key: "verdict", title: "The second is", render: ({ verdict }) => <Badge tone={tones[verdict]}>{verdict}</Badge>, sort: ({ verdict }) => verdict },
];

const point: Column<ComparedPoint> = {
  key: "point",
  title: "Mean error",
  render: (row) => pointWords[row.point] ?? row.point,
  sort: (row) => row.point,
};

const group: Column<ComparedPoint> = {
  key: "group",
  title: "Group",
  render: ({ kind, name }) => `${kindWords[kind ?? ""] ?? kind} ${name}`,
  sort: ({ kind, name }) => `${kind} ${name}`,
};

function Loaded({ comparison }: { comparison: Comparison }) {
  const { a, b, metrics, groups, settings } = comparison;
  return (
    <>
      <Section title="Accuracy">
        <Table caption="Mean errors" captionHidden columns={[point, ...figures]} rows={metrics} keyOf={(row) => row.point} />
      </Section>
      <div class="halves">
        <Section title="The two">
          <div class="table">
            <table class="compare">
              <caption class="hidden">Size, speed and origin</caption>
              <thead>
                <tr>
                  <th scope="col" />
                  <th scope="col" class="n">
                    {a.model}:{a.version}
                  </th>
                  <th scope="col" class="n">
                    {b.model}:{b.version}
                  </th>
                </tr>
              </thead>
              <tbody>
                <Both title="Run" a={a.run} b={b.run} />
                <Both title="Made" a={moment(a.created_at)} b={moment(b.created_at)} />
                <Both title="By" a={a.created_by} b={b.created_by} />
                <Both title="Data set" a={a.dataset.slice(0, 12)} b={b.dataset.slice(0, 12)} />
                <Both title="Holes learned from" a={count(a.holes)} b={count(b.holes)} />
                {comparison.figures.map((figure) => (
                  <Both key={figure.name} title={`${figure.name}${figure.unit ? `, ${figure.unit}` : ""}`} a={figureText(figure.a)} b={figureText(figure.b)} />
                ))}
              </tbody>
            </table>
          </div>
        </Section>
        <Section title="Settings that differ">
          <div class="table">
            <table class="compare">
              <caption class="hidden">Settings that differ</caption>
              <tbody>
                {settings.map((setting) => (
                  <Both key={setting.key} title={setting.key} a={setting.a} b={setting.b} />
                ))}
                {settings.length === 0 && (
                  <tr>
                    <td class="soft">None</td>
                  </tr>
                )}
              </tbody>
            </table>
          </div>
        </Section>
      </div>
      {groups.length > 0 && (
        <Section title="By group" intro="A model that is better on average may be worse where it matters.">
          <Table
            caption="Mean errors by group"
            captionHidden
            columns={[group, point, ...figures]}
            rows={groups}
            keyOf={(row) => `${row.kind} ${row.name} ${row.point}`}
            maxHeight="420px"
          />
        </Section>
      )}
    </>
  );
}

const figureText = (x: number | null): string => fixed(x, x !== null && Number.isInteger(x) ? 0 : 3);

function Both({ title, a, b }: { title: string; a: string; b: string }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td class="n">{a || "–"}</td>
      <td class="n">{b || "–"}</td>
    </tr>
  );
}
