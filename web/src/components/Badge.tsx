// A state in three ways at once: colour, shape and word.
import type { ComponentChildren } from "preact";
import type { Category, Hole, Severity, Verdict } from "../api/types";

export type Tone = "ok" | "warning" | "failed" | "error" | "info" | "neutral";

const shapes: Record<Tone, string> = {
  ok: "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1", // disc
  warning: "M6 1 11.5 11h-11z", // triangle
  failed: "M1.5 1.500h9v9h-9z", // square
  error: "M2.5 1 6 4.5 9.5 1 11 2.5 7.5 6 11 9.5 9.5 11 6 7.5 2.5 11 1 9.5 4.5 6 1 2.500z", // cross
  info: "M6 .5 11.5 6 6 11.5.5 6z", // diamond
  neutral: "M1 5h10v2H1z", // bar
};

export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg class="shape" width="9" height="9" viewBox="0 0 12 12" aria-hidden="true">
      <path d={shapes[tone]} />
    </svg>
  );
}

export function Badge({ tone, children, title }: { tone: Tone; children: ComponentChildren; title?: string }) {
  return (
    <span class={`badge tone-${tone}`} title={title}>
      <Shape tone={tone} />
      {children}
    </span>
  );
}

const categoryTone: Record<Category, Tone> = { high: "ok", medium: "warning", low: "failed" };
const stateTone: Record<Hole["state"], Tone> = { reviewed: "ok", auto: "info", rejected: "error" };
export const verdictTone = (verdict: Verdict | Severity): Tone => verdict;

export function CategoryBadge({ category }: { category: Category }) {
  return (
    <Badge tone={categoryTone[category]} title={`confidence of the label: ${category}`}>
      {category}
    </Badge>
  );
}

export function StateBadge({ state }: { state: Hole["state"] }) {
  const words = { auto: "not reviewed", reviewed: "reviewed", rejected: "rejected" };
  return <Badge tone={stateTone[state]}>{words[state]}</Badge>;
}

export function VerdictBadge({ verdict }: { verdict: Verdict | Severity }) {
  return <Badge tone={verdictTone(verdict)}>{verdict}</Badge>;
}
