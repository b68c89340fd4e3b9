// Rules as things: views rule.list, rule.show, rule.matrix, act rule.check.
import { Row } from "./api";
import { asText } from "./search";

export const ruleStates = ["firing", "quiet", "blind", "refused", "disabled"] as const;
export type RuleState = (typeof ruleStates)[number];

export interface Rule {
  id: string;
  title: string;
  level: string;
  state: string;
  kind: string;
  status: string;
  author: string;
  tags: string[];
  techniques: string[];
  logsource: string;
  file: string;
  why: string;
  day: number | undefined;
  month: number | undefined;
  last: string | undefined;
  alerts: number | undefined;
  falsePercent: number | undefined;
  cost: number | undefined;
  published: boolean;
  text: string;
  history: Version[];
}

/** What was done to it; with its text from then on, where that changed. */
export interface Version {
  act?: number;
  time: string;
  by: string;
  did: string;
  reason: string;
  text: string | undefined;
  undone: boolean;
}

const text = (v: unknown): string => asText(v);
const count = (v: unknown): number | undefined => (typeof v === "number" ? v : undefined);

function list(v: unknown): string[] {
  return Array.isArray(v) ? v.map(text) : typeof v === "string" && v ? v.split(/[ ,]+/) : [];
}

function version(r: Row): Version {
  return { ...(typeof r["act"] === "number" ? { act: r["act"] } : {}), time: text(r["time"] ?? r["at"]), by: text(r["by"] ?? r["author"] ?? r["name"]),
    did: text(r["did"]), reason: text(r["reason"] ?? r["note"]), text: r["text"] == null ? undefined : text(r["text"]), undone: !!r["undone"] };
}

export function ruleOf(r: Row): Rule {
  const tags = list(r["tags"]);
  const techniques = r["techniques"] ? list(r["techniques"]) : tags.filter((x) => /^attack\.t\d/i.test(x)).map((x) => x.slice(7).toUpperCase());
  const logsource = r["logsource"];
  return {
    id: text(r["rule"] ?? r["id"]), title: text(r["title"]), level: text(r["level"] ?? "informational"), kind: text(r["kind"] ?? "rule"),
    state: r["enabled"] === false || r["disabled"] === true ? "disabled" : text(r["state"] ?? "quiet"), status: text(r["status"]), author: text(r["author"]), tags, techniques,
    logsource: typeof logsource === "object" && logsource ? Object.entries(logsource).map(([k, v]) => `${k}: ${text(v)}`).join(", ") : text(logsource),
    file: text(r["file"]), why: [r["why"] ?? r["error"] ?? r["reason"], r["field"]].filter(Boolean).map(text).join(" "),
    day: count(r["hits_day"]), month: count(r["hits_month"]), last: r["last"] ? text(r["last"]) : undefined,
    alerts: count(r["alerts"]), falsePercent: count(r["false_percent"]), cost: count(r["cost_ns"]), published: r["published"] === true,
    text: text(r["text"] ?? r["source"]), history: Array.isArray(r["history"]) ? (r["history"] as Row[]).map(version) : [],
  };
}

export interface Fault {
  line: number;
  column: number;
  why: string;
  warning: boolean;
}

export function faultsOf(answer: Row): Fault[] {
  const of = (v: unknown, warning: boolean): Fault[] => (Array.isArray(v) ? (v as Row[]).map((f) => (
    { line: Number(f["line"] ?? 0), column: Number(f["column"] ?? 0), why: text(f["why"] ?? f["error"] ?? f["text"]), warning })) : []);
  return [...of(answer["errors"], false), ...of(answer["warnings"], true)];
}

export interface Technique {
  technique: string;
  name: string;
  tactics: string[];
  enabled: number;
  fired: number;
  arriving: boolean;
}

/** In the order of ATT&CK. */
export const tactics = ["reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "defense-evasion",
  "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"] as const;

/** v18 calls what was defense evasion by two names. */
const now: Record<string, string> = { stealth: "defense-evasion", "defense-impairment": "defense-evasion" };

export function techniqueOf(r: Row): Technique {
  const tactic = r["tactics"] ?? r["tactic"];
  const names = typeof tactic === "number" ? [tactics[tactic - 1] ?? ""] : list(tactic);
  const arriving = r["arriving"] ?? r["seeing"];
  return { technique: text(r["technique"]), name: text(r["name"]), tactics: names.map((n) => now[n] ?? n), enabled: Number(r["enabled"] ?? r["rules"] ?? 0),
    fired: Number(r["fired"] ?? 0), arriving: typeof arriving === "number" ? arriving > 0 : arriving === true };
}

/** A layer for ATT&CK Navigator, format 4.5. */
export function layer(rows: readonly Technique[], name: string): string {
  return JSON.stringify({
    name, versions: { attack: "17", navigator: "5.1.0", layer: "4.5" }, domain: "enterprise-attack",
    description: "0: no rule in force; 1: a rule in force; 2: and a source that it needs arrives; 3: and it fired in 30 days",
    techniques: rows.flatMap((r) => (r.tactics.length > 0 ? r.tactics : [undefined]).map((tactic) => ({
      techniqueID: r.technique, ...(tactic ? { tactic } : {}), score: r.enabled === 0 ? 0 : r.fired > 0 ? 3 : r.arriving ? 2 : 1, enabled: true,
      comment: `rules: ${r.enabled}, source: ${r.arriving ? "arriving" : "missing"}, fired: ${r.fired}` }))),
    gradient: { colors: ["#ffffff", "#f2c94c", "#2f80ed", "#27ae60"], minValue: 0, maxValue: 3 },
    legendItems: [{ label: "rule", color: "#f2c94c" }, { label: "rule and source", color: "#2f80ed" }, { label: "fired", color: "#27ae60" }],
  }, null, 2);
}

/** Lines of both texts: same, only before, only after. */
export function difference(before: string, after: string): ["same" | "gone" | "new", string][] {
  const a = before.split("\n"), b = after.split("\n"), n = a.length, m = b.length;
  const best = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
  const at = (i: number, j: number): number => (best[i] as Uint16Array)[j] as number;
  for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) (best[i] as Uint16Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const out: ["same" | "gone" | "new", string][] = [];
  let i = 0, j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && a[i] === b[j]) { out.push(["same", a[i++] as string]); j++; }
    else if (j >= m || (i < n && at(i + 1, j) >= at(i, j + 1))) out.push(["gone", a[i++] as string]);
    else out.push(["new", b[j++] as string]);
  }
  return out;
}
