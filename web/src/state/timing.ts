// Times as a person meets them, in the browser's own list of measures: bench/web.mjs reads them.

/** From a moment until the frame that shows the outcome is on the screen. */
export function measureTo(name: string, began: number): void {
  requestAnimationFrame(() => requestAnimationFrame(() => performance.measure(name, { start: began })));
}
