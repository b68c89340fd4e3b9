// A short table that is read as a whole: no more rows than fit a screen or two.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lib/i18n";

export interface Col<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  end?: boolean;
}

export function Table<T>({ label, rows, cols, empty, open, kind, at }:
  { label: string; rows: readonly T[]; cols: readonly Col<T>[]; empty: string; open?: (row: T) => void;
    kind?: (row: T) => string; /** the reader's row */ at?: number | undefined }) {
  const box = useRef<HTMLTableSectionElement>(null), seen = useRef(at);
  useEffect(() => {
    if (at !== undefined && at !== seen.current) box.current?.children[at]?.scrollIntoView({ block: "nearest" });
    seen.current = at;
  }, [at]);
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="tablebox" tabIndex={0} role="region" aria-label={label}>
      <table aria-label={label}>
        <thead><tr>{cols.map((c) => <th scope="col" class={c.end ? "end" : ""}>{t(c.title)}</th>)}</tr></thead>
        <tbody ref={box}>
          {rows.map((row, i) => (
            <tr class={`${open ? "opens" : ""} ${i === at ? "at" : ""} ${kind?.(row) ?? ""}`} aria-current={i === at ? "true" : undefined} onClick={open ? () => open(row) : undefined}>
              {cols.map((c) => <td data-title={t(c.title)} class={c.end ? "end" : ""}>{c.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
