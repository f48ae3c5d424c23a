// What the checks found in the records, live while records are read, down to the single hole.
import { type Job, listJobs } from "../../api/jobs";
import { getQuality, listDatasets, type Quality } from "../../api/quality";
import { EmptyState, ErrorState } from "../../components/EmptyState";
import { type Figure, Figures } from "../../components/Figures";
import { HoleCard } from "../../components/HoleCard";
import { PageHead, Section } from "../../components/PageHead";
import { Progress } from "../../components/Progress";
import { href } from "../../router";
import { useResource } from "../../state/resource";
import { count, fixed } from "../../text/format";
import { Checks } from "./Checks";
import { Families } from "./Families";
import { LabelState } from "./LabelState";

export function QualityPage() {
  const jobs = useResource("jobs", listJobs, 2500);
  const newest = jobs.data?.items.find((job) => job.kind === "prepare");
  const running = newest?.state === "running" ? newest : undefined;
  // A short job begins and ends between two looks: what counts is which job was the last, and how far it is.
  const round = newest ? `${newest.id} ${newest.state}` : "";
  const quality = useResource(`quality ${round}`, getQuality, running ? 2500 : 0);
  const datasets = useResource(`datasets ${round}`, listDatasets);
  const empty = quality.data !== null && quality.data.totals.files === 0 && !running;
  return (
    <div class="page">
      <PageHead
        title="Quality"
        actions={
          <a class="button" href={href("start")}>
            Add records
          </a>
        }
      >
        What the checks found in the records. Those that failed are left out of training, unless a person has labelled them.
      </PageHead>
      {running && <Reading job={running} />}
      {quality.error && !quality.data && <ErrorState error={quality.error} retry={quality.reload} />}
      {empty && <NoRecords />}
      {quality.data && quality.data.totals.files > 0 && (
        <>
          <Figures items={figures(quality.data.totals)} />
          <div class="split">
            <Families families={quality.data.families} />
            <LabelState dataset={datasets.data?.items[0]} />
          </div>
          <Checks checks={quality.data.checks} />
          <Worst quality={quality.data} />
        </>
      )}
    </div>
  );
}

function Reading({ job }: { job: Job }) {
  return (
    <div class="card live" aria-live="polite">
      <h2>Records are being read</h2>
      <Progress label="Records read" done={job.done} total={job.total} />
      <p class="soft">
        {job.stage} {job.text}
      </p>
    </div>
  );
}

function NoRecords() {
  return (
    <EmptyState icon="quality" title="No records have been read yet">
      <p>Add a folder of machine files: each is read, checked and labelled by rule, and the report appears here.</p>
      <a class="button primary" href={href("start")}>
        Add records
      </a>
    </EmptyState>
  );
}

function figures(totals: Quality["totals"]): Figure[] {
  return [
    { value: count(totals.files), label: "records" },
    { value: count(totals.ok), label: "ok", tone: "ok" },
    { value: count(totals.warning), label: "with a warning", tone: "warning" },
    { value: count(totals.failed), label: "failed: not fit for training", tone: "failed" },
    { value: count(totals.error), label: "error: unreadable", tone: "error" },
    { value: fixed(totals.mean_score, 3), label: "mean score, 1 = no complaint" },
  ];
}

function Worst({ quality }: { quality: Quality }) {
  const worst = quality.worst.filter((hole) => hole.score !== null && hole.score < 1);
  return (
    <Section
      title="Holes with the lowest score"
      intro="A name opens the hole in Review, with its findings beside the signals."
    >
      {worst.length === 0 ? (
        <p class="card">No hole has a finding worse than a note.</p>
      ) : (
        <div class="cards">
          {worst.map((hole) => (
            <HoleCard key={hole.id} hole={hole} note={`score ${fixed(hole.score, 2)}`} />
          ))}
        </div>
      )}
    </Section>
  );
}
