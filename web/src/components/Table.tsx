// A table that sorts by a click on (or Enter in) a heading and is walked with the arrow keys; long ones are drawn in
// part, as far as they are in view.
import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "./Icon";

export interface Column<T> {
  key: string;
  title: string;
  /** "mm", "s": printed small behind the heading. */
  unit?: string;
  render: (row: T) => ComponentChildren;
  /** What the column sorts by; left out = it does not sort. null goes last. */
  sort?: (row: T) => number | string | null;
  /** Where the server sorts (onOrder): may it sort by this column? */
  sorts?: boolean;
  number?: boolean;
  help?: string;
}

export interface Order {
  key: string;
  down: boolean;
}

export interface TableProps<T> {
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
  caption: string;
  captionHidden?: boolean;
  /** Makes the rows open something: click, Enter, or the arrow keys to walk. */
  onOpen?: (row: T) => void;
  selectedKey?: string;
  sortBy?: Order;
  /** The server sorts: rows are drawn as they come, in the order sortBy, and a click on a heading asks for another one. */
  onOrder?: (order: Order) => void;
  /** Limits the height; the table scrolls inside. CSS length. */
  maxHeight?: string;
}

const rowHeight = 33;
const wholeUpTo = 300;

function compare(a: number | string | null, b: number | string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

export function Table<T>(props: TableProps<T>) {
  const { columns, rows, keyOf, caption, captionHidden, onOpen, selectedKey, maxHeight, onOrder } = props;
  const [own, setOwn] = useState<Order>(props.sortBy ?? { key: "", down: false });
  const order = onOrder ? (props.sortBy ?? own) : own;
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);

  const sorted = useMemo(() => {
    const value = columns.find((column) => column.key === order.key)?.sort;
    if (!value || onOrder) return rows;
    const keyed = rows.map((row) => ({ row, by: value(row) }));
    keyed.sort((a, b) => {
      const missing = Number(a.by === null) - Number(b.by === null);
      return missing || (order.down ? -compare(a.by, b.by) : compare(a.by, b.by));
    });
    return keyed.map((item) => item.row);
  }, [rows, order, columns]);

  const windowed = sorted.length > wholeUpTo && maxHeight !== undefined;
  const first = windowed ? Math.max(0, Math.floor(top / rowHeight) - 10) : 0;
  const last = windowed ? Math.min(sorted.length, first + 70) : sorted.length;

  const walk = (event: KeyboardEvent, row: T) => {
    const target = event.currentTarget as HTMLElement;
    const next = { ArrowDown: target.nextElementSibling, ArrowUp: target.previousElementSibling }[event.key];
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
    } else if (event.key === "Enter" && event.target === target) onOpen?.(row);
  };
  const sortOf = (column: Column<T>) => (order.key !== column.key ? "none" : order.down ? "descending" : "ascending");
  return (
    <div
      class="table"
      ref={box}
      style={maxHeight ? { maxHeight, overflowY: "auto" } : {}}
      onScroll={windowed ? (event) => setTop(event.currentTarget.scrollTop) : undefined}
    >
      <table aria-rowcount={sorted.length}>
        <caption class={captionHidden ? "hidden" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={column.number ? "n" : undefined} aria-sort={sortOf(column)} title={column.help}>
                {column.sort || (onOrder && column.sorts) ? (
                  <button
                    type="button"
                    onClick={() => (onOrder ?? setOwn)({ key: column.key, down: order.key === column.key ? !order.down : false })}
                  >
                    {column.title}
                    {column.unit && <small>{column.unit}</small>}
                    {order.key === column.key && <Icon name={order.down ? "down" : "up"} size={11} />}
                  </button>
                ) : (
                  <>
                    {column.title}
                    {column.unit && <small>{column.unit}</small>}
                  </>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr class="space" aria-hidden="true" style={{ height: `${first * rowHeight}px` }} />}
          {sorted.slice(first, last).map((row) => (
            <tr
              key={keyOf(row)}
              class={onOpen ? "opens" : undefined}
              aria-selected={selectedKey === undefined ? undefined : keyOf(row) === selectedKey}
              tabIndex={onOpen ? 0 : undefined}
              onClick={onOpen ? () => onOpen(row) : undefined}
              onKeyDown={onOpen ? (event) => walk(event, row) : undefined}
            >
              {columns.map((column) => (
                <td key={column.key} class={column.number ? "n" : undefined}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
          {last < sorted.length && <tr class="space" aria-hidden="true" style={{ height: `${(sorted.length - last) * rowHeight}px` }} />}
        </tbody>
      </table>
    </div>
  );
}
