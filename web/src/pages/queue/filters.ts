// The filters that the queue and the batches share with Review.
import { listHoles } from "../../api/holes";
import type { HoleFilter, HoleList } from "../../api/types";
import { type FilterChoice, plainOptions } from "../../components/FilterBar";
import { useResource } from "../../state/resource";

const keys = ["search", "category", "family", "finding", "source", "author", "state", "verdict"] as const;

/** Only what is a filter, and only where it is set. */
export function filterOf(query: Record<string, string>): HoleFilter & Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (query[key] ? [[key, query[key]]] : [])));
}

const fixedChoices: FilterChoice[] = [
  { key: "category", title: "Confidence", options: plainOptions(["high", "medium", "low"]) },
  {
    key: "state",
    title: "State",
    options: [{ value: "auto", text: "not reviewed" }, ...plainOptions(["reviewed", "rejected"])],
  },
  { key: "source", title: "Source", options: plainOptions(["rule", "model", "expert", "truth"]) },
  { key: "verdict", title: "Verdict", options: plainOptions(["ok", "warning", "failed", "error"]) },
];

export function choicesOf(list: HoleList | null): FilterChoice[] {
  return [
    { key: "family", title: "Family", options: plainOptions(list?.families) },
    ...fixedChoices,
    { key: "finding", title: "Finding", options: plainOptions(list?.findings) },
    { key: "author", title: "Annotator", options: plainOptions(list?.authors) },
  ];
}

/** What there is to filter by, and how far the review has come. */
export const useFacets = () => useResource("facets", (signal) => listHoles({ limit: 1 }, signal));

/** "confidence high, family cfrp_ti_two_step", for people. */
export function filterWords(filter: HoleFilter): string {
  const names: Record<string, string> = { category: "confidence", search: "name contains", author: "annotator" };
  const parts = Object.entries(filter)
    .filter(([, value]) => value)
    .map(([key, value]) => `${names[key] ?? key} ${value === "auto" ? "not reviewed" : value}`);
  return parts.length ? parts.join(", ") : "all holes";
}
