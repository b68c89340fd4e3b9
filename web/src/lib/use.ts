// What a page asks for: asked again when its question or the database changes; the old answer stays until then.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, Given, Refused, Row } from "./api";
import { desk } from "./live";
import { store, useStore } from "./store";

export interface Asked<T> {
  rows: T | undefined;
  error: Refused | undefined;
  busy: boolean;
  again: () => void;
}

export function useAsk<T>(ask: (signal: AbortSignal) => Promise<T>, on: readonly unknown[]): Asked<T> {
  const [told, tell] = useState<{ rows: T | undefined; error: Refused | undefined; busy: boolean }>(
    { rows: undefined, error: undefined, busy: true });
  const [turn, setTurn] = useState(0);
  const last = useRef<T | undefined>(undefined);
  useEffect(() => {
    const over = new AbortController();
    tell({ rows: last.current, error: undefined, busy: true });
    ask(over.signal).then((rows) => {
      last.current = rows;
      tell({ rows, error: undefined, busy: false });
    }, (e: unknown) => {
      if (over.signal.aborted) return;
      tell({ rows: last.current, error: e instanceof Refused ? e : new Refused(0, String(e)), busy: false });
    });
    return () => over.abort();
  }, [...on, turn]);
  return { ...told, again: () => setTurn((n) => n + 1) };
}

/** Grows when the database changed, at most once in `ms`. */
export function useVersion(ms = 2000): number {
  const version = useStore(desk)?.version ?? 0;
  const [seen, setSeen] = useState(version);
  const at = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, at.current + ms - Date.now());
    const timer = setTimeout(() => { at.current = Date.now(); setSeen(version); }, wait);
    return () => clearTimeout(timer);
  }, [version, ms]);
  return seen;
}

/** Grows with each act of this page: what it changed is asked for at once. */
export const acted = store(0);

/** A view's rows, kept up with the database; null: nothing is asked. */
export function useView<T = Row>(view: string, given: Given | null = {}, ms = 2000): Asked<T[]> {
  const version = useVersion(ms), mine = useStore(acted);
  return useAsk((signal) => (given ? get<T>(view, given, signal) : Promise.resolve([])), [view, JSON.stringify(given), version, mine]);
}

/** The time, each `ms`. */
export function useNow(ms = 1000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
