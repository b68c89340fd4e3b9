// A list of any length of which only what is seen is drawn. One row is the reader's; some are marked. Its columns are
// given; on a narrow screen the row's parts flow.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../lib/i18n";
import { Text } from "./text";

export interface Column<T> {
  name: string;
  /** the key of its heading's text */
  title: string;
  /** its heading as it is: a name that is no text of ours */
  named?: string;
  /** CSS grid width */
  width: string;
  cell: (row: T) => ComponentChildren;
  end?: boolean;
  /** pixels of the list below which it is left out */
  from?: number;
}

export interface ListProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  id: (row: T) => string | number;
  /** the reader's row, by its place */
  at: number;
  setAt: (i: number) => void;
  open?: (row: T) => void;
  marked?: ReadonlySet<string | number>;
  mark?: (row: T) => void;
  kind?: (row: T) => string;
  height?: number;
  /** a narrow screen shows its columns below each other, not the queue's */
  stacked?: boolean;
  /** the end is near: there may be more */
  more?: () => void;
}

const BESIDE = 12; // rows drawn above and below what is seen

export function List<T>(p: ListProps<T>) {
  const box = useRef<HTMLDivElement>(null), [top, setTop] = useState(0), [room, setRoom] = useState(800), [wide, setWide] = useState(9999);
  const height = p.height ?? 32;
  useEffect(() => {
    const el = box.current as HTMLDivElement, see = new ResizeObserver(() => { setRoom(el.clientHeight); setWide(el.clientWidth); });
    see.observe(el);
    return () => see.disconnect();
  }, []);
  useEffect(() => {
    const el = box.current as HTMLDivElement, y = p.at * height, head = 28;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (y + height + head > el.scrollTop + el.clientHeight) el.scrollTop = y + height + head - el.clientHeight;
  }, [p.at, height]);
  const from = Math.max(0, Math.floor(top / height) - BESIDE);
  const to = Math.min(p.rows.length, Math.ceil((top + room) / height) + BESIDE);
  useEffect(() => {
    if (p.more && to >= p.rows.length && p.rows.length > 0) p.more();
  }, [to, p.rows.length]);
  const columns = p.columns.filter((c) => wide >= (c.from ?? 0));
  const grid = (p.mark ? "28px " : "") + columns.map((c) => c.width).join(" ");
  const first = p.rows[p.at];
  return (
    <div class={`list ${p.stacked ? "stacked" : ""}`} ref={box} role="grid" aria-label={p.label} aria-rowcount={p.rows.length + 1} tabIndex={0}
      aria-multiselectable={p.mark !== undefined}
      aria-activedescendant={first !== undefined && p.at >= from && p.at < to ? `row-${p.id(first)}` : undefined}
      onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
      <div class="row head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: grid }}>
        {p.mark && <span role="columnheader" aria-label={t("ui.marked")} />}
        {columns.map((c) => <span role="columnheader" class={c.end ? "end" : ""}>{c.named !== undefined ? <Text of={c.named} /> : t(c.title)}</span>)}
      </div>
      <div role="rowgroup" class="rows" style={{ height: `${p.rows.length * height}px` }}>
        {p.rows.slice(from, to).map((row, k) => {
          const i = from + k, id = p.id(row), marked = p.marked?.has(id) ?? false;
          return (
            <div key={id} id={`row-${id}`} role="row" aria-rowindex={i + 2} aria-selected={p.mark ? marked : i === p.at}
              class={`row ${i === p.at ? "at" : ""} ${marked ? "marked" : ""} ${p.kind?.(row) ?? ""}`}
              style={{ top: `${i * height}px`, height: `${height}px`, gridTemplateColumns: grid }}
              onClick={() => { p.setAt(i); p.open?.(row); }}>
              {p.mark && <span role="gridcell"><input type="checkbox" tabIndex={-1} checked={marked} aria-label={t("ui.mark")}
                onClick={(e) => { e.stopPropagation(); p.setAt(i); p.mark?.(row); }} /></span>}
              {columns.map((c) => <span role="gridcell" class={`cell-${c.name} ${c.end ? "end" : ""}`}>{c.cell(row)}</span>)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
