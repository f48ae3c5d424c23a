// The few numbers that a page is about, large.
import { Shape, type Tone } from "./Badge";

export interface Figure {
  value: string;
  label: string;
  tone?: Tone;
}

export function Figures({ items }: { items: Figure[] }) {
  return (
    <ul class="figures">
      {items.map((item) => (
        <li key={item.label} class={`figure tone-${item.tone ?? "neutral"}`}>
          <b>{item.value}</b>
          <span>
            {item.tone && <Shape tone={item.tone} />}
            {item.label}
          </span>
        </li>
      ))}
    </ul>
  );
}
