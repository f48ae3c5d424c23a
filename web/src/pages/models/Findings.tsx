// What a gate or a check has found, each with a shape, a word and the figures.
import type { Finding } from "../../api/registry";
import { Badge, type Tone } from "../../components/Badge";

const tones: Record<Finding["verdict"], Tone> = { passed: "ok", skipped: "neutral", failed: "failed" };
const order: Finding["verdict"][] = ["failed", "passed", "skipped"];

export function Findings({ items }: { items: { name: string; verdict: Finding["verdict"]; message: string }[] }) {
  const sorted = [...items].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  return (
    <ul class="gate-findings">
      {sorted.map((item, i) => (
        <li key={i}>
          <Badge tone={tones[item.verdict]}>{item.verdict}</Badge>
          <span>{item.message}</span>
          <small>{item.name.replaceAll("_", " ")}</small>
        </li>
      ))}
    </ul>
  );
}
