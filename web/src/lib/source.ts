// Sources, put together from what the desk watches (/sources), the register (source.list), the counts (/stat) and how
// each was silent (metric.sources).
import { get, object, Row } from "./api";

export const states = ["active", "late", "silent", "never", "muted"] as const;
export type State = (typeof states)[number];

export interface Heard {
  source: string;
  input: string;
  state: string;
  since: string;
  interval_ms: number;
  last?: string;
}

export interface Count extends Row {
  input: string;
  source: string;
  configured: boolean;
  authenticated: boolean;
  received: number;
  stored: number;
  plain: number;
  unparsed: number;
  untimed: number;
  refused: number;
  dropped: number;
  findings: number;
  bytes: number;
  last_ms: number;
}

export interface SourceStat {
  time: string;
  rows: Count[];
  kernel: { sockets: { address: string }[] };
  tracers: { input: string; state: string }[] | null;
}

export interface Source {
  key: string;
  source: string;
  input: string;
  state: string;
  since: string | undefined;
  last: string | undefined;
  interval_ms: number;
  system: { id: number; code: string; name: string } | undefined;
  count: Count | undefined;
  silences: number | undefined;
  covered: number | undefined;
}

interface Registered {
  id?: number;
  source: string;
  system?: number;
  system_code?: string;
  system_name?: string;
}
interface Silences {
  source: string;
  input: string;
  silences: number;
  covered_percent: number;
}

const keyOf = (x: { source: string; input: string }): string => `${x.input}\n${x.source}`;

export async function sources(signal: AbortSignal): Promise<Source[]> {
  const [heard, registered, stat, silences] = await Promise.all([
    object<Heard[]>("/sources", {}, signal), get<Registered>("source.list", { limit: 5000 }, signal),
    object<SourceStat>("/stat", {}, signal), get<Silences>("metric.sources", { from: "7d" }, signal)]);
  const system = new Map(registered.map((r) => [r.source, r])), silent = new Map(silences.map((r) => [keyOf(r), r]));
  const count = new Map(stat.rows.map((r) => [keyOf(r), r])), all = new Map<string, Source>();
  const add = (source: string, input: string, h?: Heard): void => {
    const key = keyOf({ source, input }), r = system.get(source), s = silent.get(key), c = count.get(key);
    all.set(key, { key, source, input, state: h?.state ?? (c && c.received > 0 ? "active" : "never"), since: h?.since, last: h?.last ?? (c?.last_ms ? new Date(c.last_ms).toISOString() : undefined),
      interval_ms: h?.interval_ms ?? 0, count: c, silences: s?.silences, covered: s?.covered_percent,
      system: r?.system ? { id: r.system, code: r.system_code ?? "", name: r.system_name ?? "" } : undefined });
  };
  for (const h of heard) add(h.source, h.input, h);
  // Who is awaited and never came, and who came just now; who is only our own events is no source.
  for (const c of stat.rows) if (!all.has(keyOf(c)) && (c.configured || c.received > 0 || c.refused > 0)) add(c.source, c.input);
  const named = new Set([...all.values()].map((s) => s.source));
  for (const r of registered) if (!named.has(r.source)) add(r.source, "");
  return [...all.values()];
}

/** Shares of 100 of what was stored that was understood; undefined when nothing was stored. */
export function parsed(c: Count | undefined): number | undefined {
  return c && c.stored > 0 ? (100 * (c.stored - c.plain - c.unparsed)) / c.stored : undefined;
}

/** Why something was refused or dropped, with how much. */
export function refusals(c: Count): [string, number][] {
  return Object.entries(c).filter(([name, n]) => /^(refused|dropped|faults)_/.test(name) && typeof n === "number" && n > 0) as [string, number][];
}
