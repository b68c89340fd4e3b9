// A search: what is asked, what comes back, line by line (docs/query.md).
import { useEffect, useRef, useState } from "preact/hooks";
import { Given, lines, Refused } from "./api";

/** A stored event, as /search, /tail and /event tell it. */
export interface Found {
  time: string | null;
  receipt: string;
  lane: number;
  sequence: number;
  source: string;
  input: string;
  host?: string;
  tags?: string[];
  normal?: Record<string, unknown>;
  fields?: Record<string, unknown>;
  flags?: string[];
  marks?: string[];
  raw: string;
}

export interface Counts {
  found: number;
  shown: number;
  events: number;
  blocks: number;
  passed: number;
  damaged: number;
  ms: number;
  more: boolean;
  partial: boolean;
  why?: string;
}

export interface Line extends Partial<Found> {
  columns?: string[];
  row?: unknown[];
  search?: Counts;
  error?: string;
  skipped?: number;
}

export interface Result {
  rows: Found[];
  columns: string[] | undefined;
  table: unknown[][];
  counts: Counts | undefined;
  error: Refused | undefined;
  busy: boolean;
  stopped: boolean;
  ms: number;
}

const nothing: Result = { rows: [], columns: undefined, table: [], counts: undefined, error: undefined, busy: false, stopped: false, ms: 0 };

export const idOf = (e: Found): string => `${e.lane}:${e.sequence}`;
export const timeOf = (e: Found): string => e.time ?? e.receipt;

/** What people read of an event: its message, else all of it. */
export function gist(e: Found): string {
  const f = e.fields ?? {};
  for (const name of ["message", "Message", "msg", "MESSAGE"]) if (typeof f[name] === "string" && f[name]) return f[name];
  return e.raw;
}

/** Sources may call a field anything, "constructor" too. */
const own = (of: Record<string, unknown> | undefined, name: string): unknown => (of && Object.hasOwn(of, name) ? of[name] : undefined);

/** A value of an event, of the names that the server knows or its own. */
export function valueOf(e: Found, name: string): unknown {
  if (name === "time") return timeOf(e);
  if (name === "event") return gist(e);
  if (name === "host" || name === "source" || name === "input" || name === "tags" || name === "receipt") return e[name];
  return own(e.fields, name) ?? own(e.normal, name);
}

const known = ["host", "source", "input"] as const;

/** All names and values of an event. */
export function* values(e: Found): Generator<[string, unknown]> {
  for (const name of known) if (e[name]) yield [name, e[name]];
  for (const pair of Object.entries(e.fields ?? {})) if (!(known as readonly string[]).includes(pair[0])) yield pair;
}

export function asText(v: unknown): string {
  return v == null ? "" : typeof v === "object" ? JSON.stringify(v) : String(v);
}

/** Places in a text are bytes to the server and UTF-16 units here. */
export function bytesAt(text: string, units: number): number {
  return new TextEncoder().encode(text.slice(0, units)).length;
}

export function unitsAt(text: string, bytes: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, bytes)).length;
}

const DRAW_MS = 120;

/** Asks when `question` changes (null: nothing), after it has rested for `wait` ms, for each search is written down; what was
 * found is there as it comes. */
export function useSearch(question: Given | null, wait = 0): Result & { stop: () => void; again: () => void } {
  const [result, setResult] = useState(nothing), [turn, setTurn] = useState(0), over = useRef<AbortController | undefined>(undefined);
  const key = JSON.stringify(question);
  useEffect(() => {
    if (!question) {
      setResult(nothing);
      return;
    }
    const now = new AbortController(), begun = performance.now(), r: Result = { ...nothing, rows: [], table: [], busy: true };
    let timer = 0;
    over.current = now;
    const draw = (): void => {
      timer = 0;
      setResult({ ...r, rows: r.rows.slice(), table: r.table.slice(), ms: performance.now() - begun });
    };
    const end = (): void => { clearTimeout(timer); r.busy = false; draw(); };
    setResult((old) => ({ ...old, busy: true, error: undefined }));
    const begin = new Promise<void>((go) => { timer = setTimeout(() => { timer = 0; go(); }, wait); });
    begin.then(() => lines<Line>("/search", question, now.signal, (some) => {
      for (const x of some) {
        if (x.search) r.counts = x.search;
        else if (x.columns) r.columns = x.columns;
        else if (x.row) r.table.push(x.row);
        else if (x.error) r.error = new Refused(503, x.error);
        else if (typeof x.raw === "string") r.rows.push(x as Found);
      }
      if (!timer) timer = setTimeout(draw, r.rows.length < 200 ? 0 : DRAW_MS);
    })).then(() => { if (over.current === now) end(); }, (e: unknown) => {
      if (over.current !== now) return;
      if (now.signal.aborted) r.stopped = true;
      else r.error = e instanceof Refused ? e : new Refused(0, String(e));
      end();
    });
    return () => { over.current = undefined; clearTimeout(timer); now.abort(); };
  }, [key, turn]);
  return { ...result, stop: () => over.current?.abort(), again: () => setTurn((n) => n + 1) };
}

const TAIL_MAX = 5000;

/** Events as they come, the newest first; those behind `held` wait until they are asked for. */
export function useTail(filter: string | null, held: boolean) {
  const [rows, setRows] = useState<Found[]>([]), [fresh, setFresh] = useState<Found[]>([]), [skipped, setSkipped] = useState(0);
  const [error, setError] = useState<Refused>(), come = useRef<Found[]>([]), hold = useRef(held);
  hold.current = held;
  const cut = (all: Found[]): Found[] => (all.length > TAIL_MAX ? all.slice(0, TAIL_MAX) : all);
  useEffect(() => {
    setRows([]); setFresh([]); setSkipped(0); setError(undefined);
    come.current = [];
    if (filter === null) return;
    const over = new AbortController();
    const timer = setInterval(() => {
      const some = come.current.reverse();
      if (some.length === 0) return;
      come.current = [];
      if (hold.current) setFresh((old) => cut([...some, ...old]));
      else setRows((old) => cut([...some, ...old]));
    }, 400);
    lines<Line>("/tail", { filter }, over.signal, (some) => {
      for (const x of some) {
        if (x.skipped) setSkipped((n) => n + (x.skipped as number));
        else if (typeof x.raw === "string") come.current.push(x as Found);
      }
    }).then(() => setError(new Refused(0, "")), (e: unknown) => { if (!over.signal.aborted) setError(e as Refused); });
    return () => { clearInterval(timer); over.abort(); };
  }, [filter]);
  const show = (): void => { setRows((old) => cut([...fresh, ...old])); setFresh([]); };
  return { rows, fresh, skipped, error, show };
}
