// What alerts are about: hosts, users, addresses, domains, files; their risk as docs/grouping.md has it.
export const kinds = ["host", "user", "address", "domain", "hash"] as const;

export interface Risk {
  kind: string;
  key: string;
  risk: number;
  alerts: number;
  rules: number;
  system_level?: number;
  heard: string;
}

export interface AlertOf {
  id: number;
  state: string;
  level: string;
  title: string;
  rule: string | null;
  entity: string;
  count: number;
  first: string;
  last: string;
  verdict?: string;
  incident?: number;
  candidate?: number;
}

const weight: Record<string, number> = { low: 0.5, medium: 1, high: 1.5, critical: 2 };
const nothing = new Set(["false-positive", "duplicate", "test"]);
const DAY_S = 86400;

/** The risk at that time: each rule once, by its newest alert until then, which halves with each day. */
export function riskAt(alerts: readonly AlertOf[], at: number): number {
  const newest = new Map<string, [number, number]>();
  for (const a of alerts) {
    const t = Date.parse(a.last) / 1000, w = nothing.has(a.verdict ?? "") ? 0 : weight[a.level] ?? 0, key = a.rule ?? a.title;
    if (t <= at && w > 0 && t > (newest.get(key)?.[0] ?? -Infinity)) newest.set(key, [t, w]);
  }
  return [...newest.values()].reduce((sum, [t, w]) => sum + w * 2 ** (-(at - t) / DAY_S), 0);
}

const quoted = (text: string): string => '"' + text.replace(/[\\"]/g, "\\$&") + '"';

/** Its events as a filter; of a user one person's records, which want a case; undefined where events cannot tell. */
export function eventsOf(kind: string, key: string): string | undefined {
  if (kind === "host") return `(host:=${quoted(key)} or host:${quoted(key + ".*")})`;
  if (kind === "user") return `user:=${quoted(key.slice(key.lastIndexOf("\\") + 1))}`;
  if (kind === "address" || kind === "domain" || kind === "hash") return quoted(key);
  return undefined;
}

/** The fields whose usual values say most of it. */
export function tellingOf(kind: string): readonly string[] {
  return kind === "host" ? ["source", "appname", "Image", "src_ip", "dst_port", "DestinationPort"] : ["host", "source", "dst_port", "src_ip"];
}

export const pathOf = (kind: string, key: string): string => "/entity?" + new URLSearchParams({ kind, key }).toString();
