// What of the queue is shown: chips, each a part of the address; and views that are kept by name.
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../lib/i18n";
import { useSystems } from "../../lib/names";
import { go, turn, usePlace } from "../../lib/router";
import { me } from "../../lib/session";
import { keptStore, useStore } from "../../lib/store";
import { levels } from "../../ui/bits";
import { Text } from "../../ui/text";

export const groupings = ["none", "rule", "entity", "both"] as const;
export type Grouping = (typeof groupings)[number];

/** Parts of the address that are questions to view alert.list. */
const asked = ["state", "level", "rule", "entity", "assignee", "incident", "system", "since"] as const;

export function given(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(asked.filter((name) => query.get(name)).map((name) => [name, query.get(name) as string]));
}

interface View {
  name: string;
  query: string;
}
const kept = keptStore<View[]>("alerts.views", [], (v): v is View[] =>
  Array.isArray(v) && v.every((x: unknown) => typeof (x as View).name === "string" && typeof (x as View).query === "string"));

const usual: [string, () => string][] = [
  ["alerts.view.open", () => ""],
  ["alerts.view.new", () => "state=new"],
  ["alerts.view.mine", () => "assignee=" + encodeURIComponent(me.get()?.name ?? "")],
  ["alerts.view.grave", () => "level=high"],
  ["alerts.view.day", () => "state=all&since=24h"],
  ["alerts.view.closed", () => "state=closed"],
];

function Chip({ name, value }: { name: string; value: string }) {
  const systems = useSystems(), system = name === "system" ? systems.find((s) => String(s.id) === value)?.code : undefined;
  const text = name === "state" ? t(`alerts.state.${value}`) : name === "level" ? t("alerts.level", { level: t(`level.${value}`) }) :
    name === "since" ? t("alerts.since", { span: value }) : `${t(`alert.${name}`)}: ${system ?? value}`;
  return <span class="chip"><Text of={text} />
    <button type="button" class="plain" aria-label={t("alerts.unchip", { chip: text })} onClick={() => turn({ [name]: null })}>✕</button></span>;
}

/** "rule:x entity:y", or a plain word, which is an entity. */
function take(text: string): void {
  const parts: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/(?:(\w+):)?("[^"]*"|\S+)/g)) {
    const field = asked.find((a) => a === name?.toLowerCase()) ?? "entity";
    parts[field] = (value as string).replace(/^"|"$/g, "");
  }
  turn(parts);
}

export function Filters({ by, input }: { by: Grouping; input: RefObject<HTMLInputElement | null> }) {
  const { query } = usePlace(), views = useStore(kept), q = given(query), [naming, setNaming] = useState(false);
  const now = new URLSearchParams(q).toString();
  return (
    <div class="filters">
      <select aria-label={t("alerts.views")} value={now} onChange={(e) => go("/alerts" + (e.currentTarget.value ? "?" + e.currentTarget.value : ""))}>
        {usual.map(([name, make]) => <option value={make()}>{t(name)}</option>)}
        {views.map((v) => <option value={v.query}>{v.name}</option>)}
        {![...usual.map(([, make]) => make()), ...views.map((v) => v.query)].includes(now) && <option value={now}>{t("alerts.view.this")}</option>}
      </select>
      <select aria-label={t("alert.level")} value={q["level"] ?? ""} onChange={(e) => turn({ level: e.currentTarget.value })}>
        <option value="">{t("alerts.level.any")}</option>
        {levels.map((l) => <option value={l}>{t("alerts.level", { level: t(`level.${l}`) })}</option>)}
      </select>
      <select aria-label={t("keys.group")} value={by} onChange={(e) => turn({ group: e.currentTarget.value === "none" ? null : e.currentTarget.value })}>
        {groupings.map((g) => <option value={g}>{t(`alerts.group.${g}`)}</option>)}
      </select>
      <form role="search" onSubmit={(e) => { e.preventDefault(); const el = input.current; if (el?.value.trim()) { take(el.value); el.value = ""; } el?.blur(); }}>
        <input ref={input} type="search" aria-label={t("keys.filter")} placeholder={t("alerts.filter")}
          onKeyDown={(e) => { if (e.key === "Escape") e.currentTarget.blur(); }} />
      </form>
      {asked.filter((a) => q[a] && a !== "level").map((a) => <Chip name={a} value={q[a] as string} />)}
      {naming ?
        <form onSubmit={(e) => { e.preventDefault(); const name = (e.currentTarget.elements.namedItem("n") as HTMLInputElement).value.trim();
          if (name) kept.set([...views.filter((v) => v.name !== name), { name, query: now }]); setNaming(false); }}>
          <input name="n" autofocus maxLength={40} aria-label={t("alerts.view.name")} placeholder={t("alerts.view.name")} onBlur={() => setNaming(false)} /></form> :
        now && !views.some((v) => v.query === now) && <button type="button" class="plain" onClick={() => setNaming(true)}>{t("alerts.view.keep")}</button>}
      {views.some((v) => v.query === now) && <button type="button" class="plain" onClick={() => kept.set(views.filter((v) => v.query !== now))}>{t("alerts.view.forget")}</button>}
    </div>
  );
}
