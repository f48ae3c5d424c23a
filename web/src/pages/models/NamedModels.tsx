// The models that have a name.
import { listRegistered, type Registered } from "../../api/registry";
import { ErrorState } from "../../components/EmptyState";
import { Section } from "../../components/PageHead";
import { type Column, Table } from "../../components/Table";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { fixed, moment } from "../../text/format";
import { Aliases } from "./Aliases";

const metric = (key: string, title: string): Column<Registered> => ({
  key,
  title,
  unit: "mm",
  number: true,
  render: ({ metrics }) => fixed(metrics[key], 3),
  sort: ({ metrics }) => metrics[key] ?? null,
});

const columns: Column<Registered>[] = [
  { key: "name", title: "Model", render: ({ name }) => <a href={href("models", [name])}>{name}</a>, sort: ({ name }) => name },
  { key: "aliases", title: "Which version counts", render: ({ aliases }) => <Aliases aliases={aliases} /> },
  { key: "latest", title: "Newest", number: true, render: ({ latest }) => latest || "–", sort: ({ latest }) => latest },
  metric("hole_depth_mae_mm", "Hole depth: mean error"),
  metric("exit_mae_mm", "Exit: mean error"),
  { key: "created", title: "Since", render: ({ created_at }) => moment(created_at), sort: ({ created_at }) => created_at },
  { key: "what", title: "What it is for", render: ({ description }) => description || "–" },
];

export function NamedModels() {
  const list = useResource("registry", listRegistered);
  const models = list.data?.items ?? [];
  return (
    <Section title="Models with a name" intro="Errors are those of the champion, else of the newest version.">
      {list.error && !list.data && <ErrorState error={list.error} retry={list.reload} />}
      {list.data && models.length === 0 && (
        <p class="card soft">No model has a name yet. Register a finished run below: then it is kept, compared, promoted and rolled back by its name.</p>
      )}
      {models.length > 0 && <Table caption="Models with a name" captionHidden columns={columns} rows={models} keyOf={({ name }) => name} sortBy={{ key: "name", down: false }} />}
    </Section>
  );
}
