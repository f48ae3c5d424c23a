// What came out of a training, in plain words.
import type { RunMetrics } from "../../api/runs";
import { Shape } from "../../components/Badge";
import { plainResult } from "./words";

export function PlainResultCard({ metrics, epochs }: { metrics: RunMetrics | null; epochs: number }) {
  const result = plainResult(metrics, epochs);
  if (!result) return null;
  const tone = result.good ? "ok" : "info";
  return (
    <div class={`card plain-result tone-${tone}`}>
      <p class="headline">
        <Shape tone={tone} />
        {result.headline}
      </p>
      <ul>
        {result.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <p>{result.next}</p>
    </div>
  );
}
