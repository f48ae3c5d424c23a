// What every page but Review begins with, and the sections below.
import type { ComponentChildren } from "preact";

export function PageHead(props: { title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <header class="page-head">
      <div>
        <h1>{props.title}</h1>
        {props.children && <p>{props.children}</p>}
      </div>
      {props.actions && <div class="actions">{props.actions}</div>}
    </header>
  );
}

export interface SectionProps {
  title: string;
  intro?: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ title, intro, aside, children }: SectionProps) {
  return (
    <section class="page-section">
      <div class="section-head">
        <div>
          <h2>{title}</h2>
          {intro && <p class="soft">{intro}</p>}
        </div>
        {aside}
      </div>
      {children}
    </section>
  );
}
