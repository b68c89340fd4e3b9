// The reader's row of a short list: it stays his when other rows come or go.
import { useState } from "preact/hooks";
import { Command } from "./keys";

export interface Rows<T> {
  at: number;
  row: T | undefined;
  choose: (i: number) => void;
  keys: Command[];
}

/** `first`: where it begins; else at the top. */
export function useRows<T>(rows: readonly T[], id: (row: T) => string | number, open?: (row: T) => void, first?: (row: T) => boolean): Rows<T> {
  const [mine, setMine] = useState<{ id: string | number | undefined; at: number }>({ id: undefined, at: -1 });
  const found = rows.findIndex((r) => id(r) === mine.id);
  const begin = mine.at >= 0 ? mine.at : Math.max(0, first ? rows.findIndex(first) : 0);
  const at = found >= 0 ? found : Math.min(begin, Math.max(0, rows.length - 1)), row = rows[at];
  const choose = (i: number): void => {
    const to = Math.max(0, Math.min(rows.length - 1, i)), r = rows[to];
    setMine({ id: r === undefined ? undefined : id(r), at: to });
  };
  return {
    at, row, choose,
    keys: [
      { key: "j", label: "keys.down", run: () => choose(at + 1), quiet: true },
      { key: "k", label: "keys.up", run: () => choose(at - 1), quiet: true },
      { key: "ArrowDown", label: "keys.down", run: () => choose(at + 1), quiet: true },
      { key: "ArrowUp", label: "keys.up", run: () => choose(at - 1), quiet: true },
      { key: "Home", label: "keys.first", run: () => choose(0), quiet: true },
      { key: "End", label: "keys.last", run: () => choose(rows.length - 1), quiet: true },
      ...(open ? [{ key: "Enter", label: "keys.open", run: () => { if (row !== undefined) open(row); }, quiet: true }] : []),
    ],
  };
}
