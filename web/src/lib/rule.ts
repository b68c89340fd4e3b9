// Rules as things: views rule.list, rule.refused, rule.house, rule.show, rule.history, rule.matrix; POST /rule/check.
// What a view does not know it leaves out.
import { get, object, Row } from "./api";
import { asText } from "./search";

export const ruleStates = ["firing", "quiet", "blind", "refused", "disabled"] as const;

export interface Rule {
  /** its id; of a refused one where it stands */
  id: string;
  title: string;
  level: string;
  state: string;
  kind: string;
  why?: string;
  field?: string;
  status?: string;
  author?: string;
  product?: string;
  category?: string;
  service?: string;
  file: string;
  techniques: string[];
  tactics: string[];
  hits_24h: number;
  alerts_30d: number;
  last?: string;
  false_percent?: number;
  /** an event, on the average of all that come; and of how many per cent of them it is tried in full */
  cost_ns?: number;
  tried_percent?: number;
  only_correlated?: boolean;
}

export interface Shown extends Rule {
  date?: string;
  modified?: string;
  description?: string;
  line: number;
  tags: string[];
  references: string[];
  false_positives?: string[];
  hits_30d: number;
  open_30d: number;
}

/** A rule of the house: published here, or switched off. */
export interface House {
  rule: string;
  title: string;
  published: boolean;
  disabled: boolean;
  in_force: boolean;
  text?: string;
}

export interface Change {
  what: string;
  time: string;
  by: string;
  reason: string;
  act: number;
  text?: string;
}

const none = { level: "", kind: "detection", file: "", techniques: [], tactics: [], hits_24h: 0, alerts_30d: 0 };

/** GET /rule/costs */
export interface Costs {
  since?: string;
  events: number;
  rules: { rule: string; tries: number; ns: number }[];
}

const ENOUGH = 500; // events of the sample, below which nothing is said

/** What each costs; a rule of which no event had anything costs nothing. */
export function costOf(costs: Costs, rule: string): Pick<Rule, "cost_ns" | "tried_percent"> {
  if (costs.events < ENOUGH) return {};
  const of = costs.rules.filter((r) => r.rule === rule), sum = (n: "ns" | "tries"): number => of.reduce((a, r) => a + r[n], 0);
  return { cost_ns: sum("ns") / costs.events, tried_percent: (100 * sum("tries")) / costs.events };
}

type Refusal = { file: string; line: number; title?: string; why: string };

/** Those in force, those that were refused, those that are switched off. */
export async function rules(signal: AbortSignal): Promise<Rule[]> {
  const [there, refused, house, costs] = await Promise.all([get<Rule & { rule: string }>("rule.list", { limit: 5000 }, signal),
    get<Refusal>("rule.refused", { limit: 5000 }, signal), get<House>("rule.house", { limit: 1000 }, signal), object<Costs>("/rule/costs", {}, signal)]);
  return [...there.map((r) => ({ ...r, id: r.rule, ...(r.kind === "detection" ? costOf(costs, r.rule) : {}) })),
    ...refused.map((r): Rule => ({ ...none, id: `${r.file}:${r.line}`, title: r.title ?? r.file, state: "refused", why: r.why, file: r.file })),
    ...house.filter((h) => h.disabled).map((h): Rule => ({ ...none, id: h.rule, title: h.title, state: "disabled" }))];
}

/** Of a file the document that begins in `line`, from 1: rules are published one by one. */
export function documentOf(file: string, line: number): string {
  const lines = file.split("\n").slice(Math.max(0, line - 1)), from = lines[0]?.startsWith("---") ? 1 : 0;
  const end = lines.findIndex((l, i) => i >= from && /^---(\s|$)/.test(l));
  return lines.slice(from, end < 0 ? undefined : end).join("\n").trimEnd() + "\n";
}

export function logsourceOf(r: Rule): string {
  return (["product", "category", "service"] as const).filter((k) => r[k]).map((k) => `${k}: ${r[k] as string}`).join(", ");
}

export interface Fault {
  line: number;
  /** the server's word, or the field that no source has */
  why: string;
  kind: "error" | "warning" | "blind";
}

interface Checked {
  errors?: { line: number; why: string }[];
  warnings?: { line: number; what: string }[];
  blind?: { line: number; field: string | null }[];
}

export function faultsOf(c: Checked): Fault[] {
  return [...(c.errors ?? []).map((f): Fault => ({ line: f.line, why: f.why, kind: "error" })),
    ...(c.warnings ?? []).map((f): Fault => ({ line: f.line, why: f.what, kind: "warning" })),
    ...(c.blind ?? []).map((f): Fault => ({ line: f.line, why: f.field ?? "", kind: "blind" }))];
}

export interface Technique {
  technique: string;
  tactics: string[];
  rules: number;
  seeing: number;
  fired: number;
  alerts: number;
  arriving: boolean;
}

/** In the order of ATT&CK. */
export const tactics = ["reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "defense-evasion",
  "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"] as const;

/** v18 calls what was defense evasion by two names. */
const now: Record<string, string> = { stealth: "defense-evasion", "defense-impairment": "defense-evasion" };

export function techniqueOf(r: Row): Technique {
  const x = r as unknown as Technique;
  return { ...x, tactics: [...new Set((x.tactics ?? []).map((n) => now[asText(n)] ?? asText(n)))] };
}

/** A layer for ATT&CK Navigator, format 4.5. */
export function layer(rows: readonly Technique[], name: string): string {
  return JSON.stringify({
    name, versions: { attack: "17", navigator: "5.1.0", layer: "4.5" }, domain: "enterprise-attack",
    description: "0: no rule in force; 1: a rule in force; 2: and a source that it needs arrives; 3: and it fired in 30 days",
    techniques: rows.flatMap((r) => (r.tactics.length > 0 ? r.tactics : [undefined]).map((tactic) => ({
      techniqueID: r.technique, ...(tactic ? { tactic } : {}), score: r.rules === 0 ? 0 : r.fired > 0 ? 3 : r.arriving ? 2 : 1, enabled: true,
      comment: `rules: ${r.rules}, seeing: ${r.seeing}, fired in 30 days: ${r.fired}` }))),
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
