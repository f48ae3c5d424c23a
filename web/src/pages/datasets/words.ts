// Names and origins of labels as people read them. No DOM.
import type { LabelOrigin } from "../../api/datasets";
import { count } from "../../text/format";

/** Enough of a name to know it by; commands take it like this, too. */
export const shortId = (name: string): string => name.slice(0, 12);

const sources: Record<string, string> = { rule: "rules", model: "model", expert: "people", truth: "truth" };

/** 1,200 by rules, 80 by people */
export function sourcesText(bySource: Record<string, number>): string {
  const parts = Object.entries(bySource).sort((a, b) => b[1] - a[1]);
  return parts.map(([source, n]) => `${count(n)} by ${sources[source] ?? source}`).join(", ") || "no label";
}

export function originText({ source, author, version }: LabelOrigin): string {
  const who = source === "rule" ? author || "rules" : source === "truth" ? `truth, ${author}` : author || (sources[source] ?? source);
  return version > 0 ? `${who}, version ${version}` : who;
}
