// The stretch of time that is asked for: so long ago, or from and to, as the address has it.
import { zone } from "./time";

export const spans = ["15m", "1h", "4h", "24h", "7d", "30d"] as const;
export const USUAL = "24h";
const unit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** "15m" in seconds; undefined where it is none. */
export function secondsOf(span: string): number | undefined {
  const m = /^(\d{1,6})([smhdw])$/.exec(span);
  return m ? Number(m[1]) * (unit[m[2] as string] as number) : undefined;
}

export interface Range {
  /** as the server takes them; none: all there is */
  from?: string;
  to?: string;
}

export function rangeOf(query: URLSearchParams): Range {
  const from = query.get("from") ?? (query.get("to") ? "" : USUAL), to = query.get("to") ?? "";
  return { ...(from && from !== "all" ? { from } : {}), ...(to ? { to } : {}) };
}

/** In seconds since 1970; undefined where it has no beginning. */
export function instants(r: Range, now = Date.now()): [number, number] | undefined {
  const at = (text: string): number => {
    const ago = secondsOf(text);
    return ago === undefined ? Date.parse(text) / 1000 : now / 1000 - ago;
  };
  if (!r.from) return undefined;
  const from = at(r.from), to = r.to ? at(r.to) : now / 1000;
  return Number.isFinite(from) && Number.isFinite(to) && to > from ? [from, to] : undefined;
}

const steps: [number, string][] = [[1, "1s"], [5, "5s"], [10, "10s"], [30, "30s"], [60, "1m"], [300, "5m"], [600, "10m"],
  [1800, "30m"], [3600, "1h"], [10800, "3h"], [43200, "12h"], [86400, "1d"], [604800, "7d"]];

/** The span of a bar, so that there are some sixty of them. */
export function barOf(r: Range): [number, string] | undefined {
  const at = instants(r);
  return at && (steps.find(([s]) => (at[1] - at[0]) / s <= 100) ?? steps[steps.length - 1]);
}

/** Bars with those between them that are empty. */
export function filled(bars: readonly [number, number][], step: number | undefined, between: [number, number] | undefined): [number, number][] {
  const sorted = [...bars].sort((a, b) => a[0] - b[0]), first = sorted[0], last = sorted[sorted.length - 1];
  if (!first || !last) return [];
  const gap = step ?? sorted.slice(1).reduce((g, b, i) => Math.min(g, b[0] - (sorted[i] as [number, number])[0]), Infinity);
  if (!Number.isFinite(gap) || gap <= 0) return sorted;
  const from = between ? first[0] - Math.floor(Math.max(0, first[0] - between[0]) / gap) * gap : first[0];
  const to = between ? Math.max(last[0], between[1] - gap) : last[0];
  if ((to - from) / gap > 2000) return sorted;
  const have = new Map(sorted.map(([t, n]) => [Math.round(t), n])), all: [number, number][] = [];
  for (let t = from; t <= to + 0.5; t += gap) all.push([t, have.get(Math.round(t)) ?? 0]);
  return all;
}

/** Hours of the zone that times are shown in. */
function offset(at: number): number {
  const z = zone.get();
  return z === "UTC" ? 0 : z === "Asia/Ho_Chi_Minh" ? 7 * 60 : -new Date(at).getTimezoneOffset();
}

/** For an input of a day and a time, in the zone that times are shown in. */
export function toInput(seconds: number): string {
  return new Date(seconds * 1000 + offset(seconds * 1000) * 60000).toISOString().slice(0, 19);
}

/** And back, as the server takes it; "" where it is none. */
export function fromInput(text: string): string {
  const at = Date.parse(text + "Z");
  return Number.isNaN(at) ? "" : new Date(at - offset(at) * 60000).toISOString();
}

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
