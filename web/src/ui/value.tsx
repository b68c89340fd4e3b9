// A value of an event, and all that can be done with it from where it stands.
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lib/i18n";
import { go } from "../lib/router";
import { mayTriage } from "../lib/session";
import { store, useStore } from "../lib/store";
import { actForm } from "./act";
import { complain, say } from "./toast";
import { Text } from "./text";

const quoted = (text: string): string => '"' + text.replace(/[\\"]/g, "\\$&") + '"';

/** The name of a field as it stands in a query. */
export function named(field: string): string {
  return /^[a-z][\w.@-]*$/i.test(field) && !/^(since|until|and|or|not)$/i.test(field) ? field : quoted(field);
}

/** A value as a term of the query language. */
export function term(field: string | undefined, value: string): string {
  return field ? `${named(field)}:=${quoted(value)}` : quoted(value);
}

export function searchFor(query: string, more: Record<string, string> = {}): void {
  go("/search?" + new URLSearchParams({ q: query, ...more }).toString());
}

/** What a field is about, where it is something with a page of its own. */
export function entityOf(field: string, value: string): { kind: string; key: string } | undefined {
  const f = field.toLowerCase();
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(value) || (/^[0-9a-f:]{3,}$/i.test(value) && value.includes("::"))) return { kind: "address", key: value };
  if (/(^|[._])(host|hostname|computer|computername|workstation)$/.test(f)) return { kind: "host", key: value.toLowerCase() };
  if (/(user|username|account|accountname|logonid)$/.test(f) && !/logonid$/.test(f)) return { kind: "user", key: value.toLowerCase() };
  if (/(query|queryname|domain|dns)$/.test(f)) return { kind: "domain", key: value.toLowerCase() };
  return undefined;
}

interface Menu {
  field: string | undefined;
  value: string;
  at: DOMRect;
  from: HTMLElement;
  change?: ((query: string) => string) | undefined;
}
const menu = store<Menu | null>(null);

/** The query of the search page that is open, else none. */
function query(): string {
  return location.pathname === "/search" ? new URLSearchParams(location.search).get("q") ?? "" : "";
}

/** The filter of a query, and the commands behind it with their bar: the first that is in no quotes. */
export function filterOf(q: string): [string, string] {
  const bar = /^(?:[^"|]|"(?:[^"\\]|\\.)*(?:"|$))*/.exec(q)?.[0].length ?? q.length;
  return bar === q.length ? [q.trim(), ""] : [q.slice(0, bar).trim(), " " + q.slice(bar)];
}

function joined(by: (filter: string, term: string) => string, m: Menu): void {
  const [filter, rest] = filterOf(query());
  const q = new URLSearchParams(location.pathname === "/search" ? location.search : "");
  q.set("q", by(filter, term(m.field, m.value)) + rest);
  q.delete("event");
  go("/search?" + q.toString());
}

interface Item {
  label: string;
  run: (m: Menu) => void;
  when?: (m: Menu) => boolean;
}
const around = (f: string): string => (/\bor\b/i.test(f) ? `(${f})` : f);
const items: Item[] = [
  { label: "value.include", run: (m) => joined((f, x) => (f ? `${around(f)} ${x}` : x), m) },
  { label: "value.exclude", run: (m) => joined((f, x) => (f ? `${around(f)} not ${x}` : `not ${x}`), m) },
  { label: "value.only", run: (m) => joined((_, x) => x, m) },
  { label: "value.group", run: (m) => joined((f) => `${f} | top 20 ${named(m.field as string)}`, m), when: (m) => !!m.field },
  { label: "value.everything", run: (m) => { const e = entityOf(m.field ?? "", m.value) as { kind: string; key: string };
    go("/entity?" + new URLSearchParams(e).toString()); }, when: (m) => !!entityOf(m.field ?? "", m.value) },
  { label: "value.hunt", run: (m) => searchFor(term(undefined, m.value), { from: "30d" }) },
  { label: "value.suppress", run: (m) => actForm("suppression.add", { entity: m.value }), when: mayTriage },
  { label: "value.copy", run: (m) => void navigator.clipboard.writeText(m.value).then(() => say(t("value.copied")), complain) },
];

export function Value({ of, field, marks }: { of: unknown; field?: string | undefined; marks?: readonly string[] }) {
  const text = of == null ? "" : typeof of === "object" ? JSON.stringify(of) : String(of);
  if (text === "") return <span class="dim">–</span>;
  return (
    <button type="button" class="value" aria-haspopup="menu" onClick={(e) => {
      e.stopPropagation();
      menu.set({ field, value: text, at: e.currentTarget.getBoundingClientRect(), from: e.currentTarget });
    }}><Text of={text} marks={marks ?? []} /></button>
  );
}

export function ValueMenu() {
  const m = useStore(menu), box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!m) return;
    const el = box.current as HTMLDivElement;
    el.style.left = Math.max(4, Math.min(m.at.left, innerWidth - el.offsetWidth - 8)) + "px";
    el.style.top = (m.at.bottom + el.offsetHeight > innerHeight ? Math.max(4, m.at.top - el.offsetHeight) : m.at.bottom) + "px";
    el.querySelector<HTMLElement>("button")?.focus();
    const away = (e: Event): void => { if (!el.contains(e.target as Node)) menu.set(null); };
    const scrolled = (e: Event): void => { if (!el.contains(e.target as Node)) menu.set(null); };
    addEventListener("pointerdown", away, true);
    addEventListener("scroll", scrolled, true);
    return () => { removeEventListener("pointerdown", away, true); removeEventListener("scroll", scrolled, true); };
  }, [m]);
  if (!m) return null;
  const move = (e: KeyboardEvent): void => {
    const all = [...(box.current as HTMLDivElement).querySelectorAll("button")];
    const i = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: i + 1, ArrowUp: i - 1, j: i + 1, k: i - 1, Home: 0, End: all.length - 1 }[e.key];
    e.stopPropagation();
    if (e.key === "Escape" || e.key === "Tab") { e.preventDefault(); menu.set(null); m.from.focus(); }
    if (next !== undefined) { e.preventDefault(); all[(next + all.length) % all.length]?.focus(); }
  };
  return (
    <div class="menu" role="menu" aria-label={t("value.menu")} ref={box} onKeyDown={move}>
      <div class="menuhead" aria-hidden="true">{m.field && <span class="dim">{m.field}: </span>}<Text of={m.value} /></div>
      {items.filter((x) => x.when?.(m) ?? true).map((x) => (
        <button type="button" role="menuitem" onClick={() => { menu.set(null); m.from.focus(); x.run(m); }}>{t(x.label)}</button>
      ))}
    </div>
  );
}
