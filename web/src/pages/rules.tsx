// The rules: which see, which fire, which are blind, which were refused; one of them; a new one; the matrix.
import { useMemo, useRef, useState } from "preact/hooks";
import { useTechniques } from "../lib/attack";
import { number, t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { go, turn, usePlace } from "../lib/router";
import { logsourceOf, Rule, rules, ruleStates } from "../lib/rule";
import { is } from "../lib/session";
import { useStore } from "../lib/store";
import { density, rowHeight } from "../lib/theme";
import { useAsk, useVersion } from "../lib/use";
import { Ago, Facts, Level, LevelName, levels, Problem } from "../ui/bits";
import { Dialog, open as openDialog } from "../ui/dialog";
import { Column, List } from "../ui/list";
import { fold } from "../ui/palette";
import { Said } from "../ui/said";
import { Technique } from "../ui/technique";
import { Text } from "../ui/text";
import { Editor } from "./rules/editor";
import { Matrix } from "./rules/matrix";
import { RulePage, stateKind, StatePill, Why } from "./rules/rule";

const costText = (ns: number): string => (ns === 0 ? "0" : `${number(ns, ns < 10 ? 1 : 0)} ns`);

const cost: Column<Rule> = { name: "cost", title: "rules.cost", width: "72px", end: true, from: 900,
  cell: (r) => (r.cost_ns == null ? <span class="dim">–</span> : <span title={t("rules.tried", { p: number(r.tried_percent ?? 0, 2) })}>{costText(r.cost_ns)}</span>) };

const columns: Column<Rule>[] = [
  { name: "level", title: "alert.level", width: "132px", cell: (r) => <Level of={r.level} /> },
  { name: "title", title: "alert.rule", width: "minmax(160px, 3fr)", cell: (r) => <Text of={r.title} /> },
  { name: "state", title: "alert.state", width: "112px", cell: (r) => <StatePill of={r.state} /> },
  { name: "day", title: "rules.day.short", width: "76px", end: true, from: 620, cell: (r) => number(r.hits_24h) },
  { name: "month", title: "rules.alerts.month", width: "142px", end: true, from: 720, cell: (r) => number(r.alerts_30d) },
  { name: "false", title: "rules.false.short", width: "84px", end: true, from: 820, cell: (r) => (r.false_percent == null ? <span class="dim">–</span> : <span class={r.false_percent >= 50 ? "warntext" : ""}>{number(r.false_percent)} %</span>) },
  { name: "last", title: "alert.last", width: "120px", from: 940, cell: (r) => <Ago at={r.last} /> },
  { name: "why", title: "rules.techniques", width: "minmax(100px, 1.2fr)", from: 1040, cell: (r) => (r.why ? <Why of={r} /> : <span class="dim techniques">{r.techniques.map((x) => <Technique of={x} />)}</span>) },
];

/** Those without a level come last. */
const grave = (r: Rule): number => (levels.indexOf(r.level as LevelName) + levels.length + 1) % (levels.length + 1);

function Refusal({ of }: { of: Rule }) {
  return (
    <Dialog title={t("rules.state.refused")}>
      <div class="actform"><Facts rows={[[t("alert.rule"), <Text of={of.title} />], [t("rules.where"), <code><Text of={of.id} /></code>]]} />
        <p class="problem"><Said of={of.why ?? ""} /></p></div>
    </Dialog>
  );
}

function RuleList() {
  const { query } = usePlace(), state = query.get("state") ?? "", text = query.get("text") ?? "", level = query.get("level") ?? "";
  const asked = useAsk(rules, [useVersion(5000)]), all = asked.rows, named = useTechniques();
  const [at, setAt] = useState(0), filter = useRef<HTMLInputElement>(null);
  useStore(density);
  const some = useMemo(() => (all ?? []).filter((r) => (!level || r.level === level) && (!text || fold(`${r.title} ${r.id} ${r.file} ${r.techniques.map((x) => `${x} ${named(x)}`).join(" ")} ${r.tactics.join(" ")} ${logsourceOf(r)}`).includes(fold(text)))), [all, text, level, named("T1059")]);
  const rows = useMemo(() => some.filter((r) => !state || r.state === state).sort((a, b) => grave(a) - grave(b) || (a.title < b.title ? -1 : 1)), [some, state]);
  const here = Math.min(at, Math.max(0, rows.length - 1)), write = is("analyst", "lead", "administrator");
  const open = (r: Rule | undefined): void => { if (r?.state === "refused") openDialog(() => <Refusal of={r} />);
    else if (r) go(`/rules/${encodeURIComponent(r.id)}`); };
  const move = (step: number): void => setAt(Math.max(0, Math.min(rows.length - 1, here + step)));
  useKeys("page.rules", [
    { key: "j", label: "keys.down", run: () => move(1), quiet: true }, { key: "k", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "ArrowDown", label: "keys.down", run: () => move(1), quiet: true }, { key: "ArrowUp", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "Home", label: "keys.first", run: () => setAt(0), quiet: true }, { key: "End", label: "keys.last", run: () => move(rows.length), quiet: true },
    { key: "Enter", label: "keys.open", run: () => open(rows[here]), quiet: true }, { key: "o", label: "keys.open", run: () => open(rows[here]), quiet: true },
    { key: "/", label: "keys.filter", run: () => filter.current?.focus() },
    { key: "m", label: "rules.matrix", run: () => go("/rules/matrix") },
    { key: "n", label: "rules.new", off: !write, run: () => go("/rules/new") },
  ]);
  const count = (s: string): number => some.filter((r) => r.state === s).length;
  return (
    <div class="queue"><div class="left">
      <header class="bar"><h1>{t("page.rules")}</h1>
        <form role="search" onSubmit={(e) => e.preventDefault()}><input ref={filter} type="search" aria-label={t("keys.filter")} placeholder={t("rules.filter")} value={text}
          onInput={(e) => turn({ text: e.currentTarget.value }, true)} onKeyDown={(e) => { if (e.key === "Escape") e.currentTarget.blur(); }} /></form>
        <select aria-label={t("alert.level")} value={level} onChange={(e) => turn({ level: e.currentTarget.value })}><option value="">{t("alerts.level.any")}</option>{levels.map((l) => <option value={l}>{t(`level.${l}`)}</option>)}</select>
        <a class="button" href="/rules/matrix">{t("rules.matrix")} <kbd>m</kbd></a>
        {write && <a class="button main" href="/rules/new">{t("rules.new")} <kbd>n</kbd></a>}</header>
      <div class="cards" role="group" aria-label={t("alert.state")}>
        <button type="button" aria-pressed={state === ""} onClick={() => turn({ state: null })}><b>{number(some.length)}</b> {t("source.total")}</button>
        {ruleStates.filter((s) => s !== "disabled" || count(s) > 0).map((s) => <button type="button" class={count(s) > 0 ? stateKind(s) : ""} aria-pressed={state === s} onClick={() => turn({ state: state === s ? null : s })}><b>{number(count(s))}</b> {t(`rules.state.${s}`)}</button>)}
      </div>
      <Problem of={asked.error} again={asked.again} />
      {rows.length === 0 ? !asked.busy && !asked.error && <p class="empty note">{t("rules.none")}</p> :
        <List label={t("page.rules")} rows={rows} columns={rows.some((r) => r.cost_ns != null) ? [...columns.slice(0, -2), cost, ...columns.slice(-2)] : columns} id={(r) => r.id.replace(/\W/g, "_")} at={here} setAt={setAt} open={open} height={rowHeight()} stacked />}
    </div></div>
  );
}

export function Rules() {
  const { path } = usePlace(), rest = path.slice("/rules/".length);
  if (rest === "") return <RuleList />;
  if (rest === "matrix") return <Matrix />;
  if (rest === "new") return <div class="page"><p class="dim"><a href="/rules">{t("page.rules")}</a></p><Editor /></div>;
  let id = rest;
  try { id = decodeURIComponent(rest); } catch { /* as it stands */ }
  return <RulePage key={id} id={id} />;
}
