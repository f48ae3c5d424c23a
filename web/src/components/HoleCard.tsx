// A hole at a glance: its signals with the points of its label, its name and state, and the way to Review.
import type { ComponentChildren } from "preact";
import type { Hole } from "../api/types";
import { href } from "../router";
import { VerdictBadge } from "./Badge";
import { HolePlot, type Marks } from "./HolePlot";

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The end of a file's name tells holes of one tool apart, so it is the beginning that is cut off. */
export function shortName(path: string, length = 30): string {
  const name = fileName(path);
  return name.length > length ? `…${name.slice(1 - length)}` : name;
}

export interface HoleCardProps {
  hole: Hole;
  /** Instead of the hole's own label. */
  marks?: Marks[];
  note?: ComponentChildren;
  children?: ComponentChildren;
}

export function HoleCard({ hole, marks, note, children }: HoleCardProps) {
  const drawn = marks ?? (hole.label ? [{ name: hole.label.source, points: hole.label.points }] : []);
  return (
    <article class="hole-card">
      <header>
        <a href={href("review", [hole.id])} title={`${hole.file}: open in Review`}>
          {shortName(hole.file)}
        </a>
        {hole.verdict !== "ok" && <VerdictBadge verdict={hole.verdict} />}
      </header>
      <p class="soft">
        {hole.family}
        {note && <> · {note}</>}
      </p>
      <HolePlot id={hole.id} marks={drawn} title={`Torque and thrust of ${fileName(hole.file)}`} />
      {children}
    </article>
  );
}
