// A long list of rows of one height: only the rows in view exist in the page.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface VirtualListProps<T> {
  items: T[];
  rowHeight: number;
  keyOf: (item: T) => string;
  render: (item: T, index: number) => ComponentChildren;
  /** Index kept in view; -1 = none. Also the row that is announced as selected. */
  selected: number;
  onSelect: (index: number) => void;
  label: string;
}

const spare = 6;

export function VirtualList<T>({ items, rowHeight, keyOf, render, selected, onSelect, label }: VirtualListProps<T>) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });

  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    const observer = new ResizeObserver(() => setView((old) => ({ ...old, height: box.clientHeight })));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const box = ref.current;
    if (!box || selected < 0) return;
    const top = selected * rowHeight;
    if (top < box.scrollTop + rowHeight) box.scrollTop = Math.max(0, top - rowHeight);
    else if (top + 2 * rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + 2 * rowHeight - box.clientHeight;
  }, [selected, items]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - spare);
  const last = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + spare);
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -items.length, End: items.length }[event.key];
    if (step === undefined || items.length === 0) return;
    event.preventDefault();
    onSelect(Math.min(items.length - 1, Math.max(0, selected + step)));
  };
  return (
    <div
      ref={ref}
      class="virtual"
      role="listbox"
      aria-label={label}
      aria-activedescendant={selected >= first && selected < last ? `row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => setView((old) => ({ ...old, top: event.currentTarget.scrollTop }))}
    >
      <div class="virtual-space" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, i) => (
          <div
            key={keyOf(item)}
            id={`row-${first + i}`}
            role="option"
            aria-selected={first + i === selected}
            aria-posinset={first + i + 1}
            aria-setsize={items.length}
            class="virtual-row"
            style={{ top: `${(first + i) * rowHeight}px`, height: `${rowHeight}px` }}
            onClick={() => onSelect(first + i)}
          >
            {render(item, first + i)}
          </div>
        ))}
      </div>
    </div>
  );
}
