// The one x-state of the four charts, the rail and the overview: what is in view, on which axis. Changed outside of
// Preact, since a pan must not draw components again; whoever paints subscribes.
import type { AxisKind } from "./depthAxis";

export interface XView {
  kind: AxisKind;
  min: number;
  max: number;
  fullMin: number;
  fullMax: number;
  /** Where the mouse is, in x; null = outside. */
  hair: number | null;
}

export class ViewState {
  readonly now: XView = { kind: "time", min: 0, max: 1, fullMin: 0, fullMax: 1, hair: null };
  private watchers = new Set<() => void>();
  private frame = 0;

  subscribe(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /** Paint once in the next frame, however often this is called. */
  changed(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const watcher of this.watchers) watcher();
    });
  }

  setFull(kind: AxisKind, [min, max]: [number, number], keep?: [number, number]): void {
    Object.assign(this.now, { kind, fullMin: min, fullMax: max });
    if (keep) this.show(keep[0], keep[1]);
    else this.fit();
  }

  show(min: number, max: number): void {
    const { fullMin, fullMax } = this.now;
    const full = fullMax - fullMin;
    const span = Math.min(full * 1.04, Math.max(full * 2e-4, max - min));
    const middle = (min + max) / 2;
    const slack = full * 0.02;
    const low = Math.min(Math.max(fullMin - slack, middle - span / 2), fullMax + slack - span);
    this.now.min = low;
    this.now.max = low + span;
    this.changed();
  }

  fit(): void {
    const slack = (this.now.fullMax - this.now.fullMin) * 0.02;
    this.show(this.now.fullMin - slack, this.now.fullMax + slack);
  }

  /** factor < 1 zooms in; about stays where it is on the screen. */
  zoom(factor: number, about: number = (this.now.min + this.now.max) / 2): void {
    const { min, max } = this.now;
    this.show(about - (about - min) * factor, about + (max - about) * factor);
  }

  /** By a share of the view: 0.25 = a quarter to the right. */
  pan(share: number): void {
    const by = (this.now.max - this.now.min) * share;
    this.show(this.now.min + by, this.now.max + by);
  }

  setHair(x: number | null): void {
    if (this.now.hair === x) return;
    this.now.hair = x;
    this.changed();
  }

  /** Scroll so far that x is in view, with a margin of a tenth. */
  reveal(x: number): void {
    const { min, max } = this.now;
    const margin = (max - min) * 0.1;
    if (x < min + margin) this.show(x - margin, x - margin + (max - min));
    else if (x > max - margin) this.show(x + margin - (max - min), x + margin);
  }
}
