// Parts of a whole as one bar; the words beside it carry the meaning, the colour only helps.
import { count } from "../text/format";
import type { Tone } from "./Badge";

export interface Share {
  label: string;
  value: number;
  /** A tone, or the number of a series colour. */
  tone: Tone | number;
}

export const shareClass = (tone: Share["tone"]) => (typeof tone === "number" ? `series-${tone}` : `tone-${tone}`);

export function ShareBar({ parts, label }: { parts: Share[]; label: string }) {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  const words = parts.map((part) => `${part.label} ${count(part.value)}`).join(", ");
  return (
    <div class="share-bar" role="img" aria-label={`${label}: ${words}`} title={words}>
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.label} class={shareClass(part.tone)} style={{ width: `${(part.value / total) * 100}%` }} />
        ))}
    </div>
  );
}
