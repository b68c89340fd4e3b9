// One rule: its text, what it finds, whether it can see anything, what was done to it.
import { useState } from "preact/hooks";
import { getOne, Row } from "../../lib/api";
import type { Alert } from "../../lib/alert";
import { has, number, t, tv } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { go, turn, usePlace } from "../../lib/router";
import { difference, Rule, ruleOf, Version } from "../../lib/rule";
import { is } from "../../lib/session";
import { useAsk, useVersion, useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Ago, Facts, Level, Part, Pill, Problem, When } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Editor } from "./editor";
import { Hunt } from "./hunt";

export const stateKind = (s: string): string => ({ firing: "state-new", blind: "warn", refused: "bad" })[s] ?? "";

export function StatePill({ of }: { of: string }) {
  return <Pill kind={stateKind(of)}>{tv("rules.state", of)}</Pill>;
}

/** Why it is blind is ours to say; why it was refused is the compiler's. */
export function Why({ of }: { of: Rule }) {
  if (!of.why) return null;
  const key = `blind.${of.why.replaceAll(" ", "-")}`;
  return has(key) ? <>{t(key)}</> : <span lang="en"><Text of={of.why} /></span>;
}

const BESIDE = 3; // unchanged lines shown around a change

function Differences({ before, after }: { before: string; after: string }) {
  const all = difference(before, after), near = (i: number): boolean => all.slice(Math.max(0, i - BESIDE), i + BESIDE + 1).some(([kind]) => kind !== "same");
  return <pre class="diff" tabIndex={0} aria-label={t("rules.differences")}>{all.map(([kind, line], i) => kind === "new" ? <ins>+ <Text of={line} />{"\n"}</ins> : kind === "gone" ? <del>- <Text of={line} />{"\n"}</del> :
    near(i) ? <span>{"  "}<Text of={line} />{"\n"}</span> : i === 0 || near(i - 1) ? <span class="dim">{"  …\n"}</span> : null)}</pre>;
}

function Past({ of }: { of: readonly Version[] }) {
  const [open, setOpen] = useState(-1), sorted = [...of].sort((a, b) => (a.time < b.time ? 1 : -1));
  const before = (i: number): string => sorted.slice(i + 1).find((v) => v.text !== undefined)?.text ?? "";
  if (sorted.length === 0) return <p class="empty">{t("rules.nohistory")}</p>;
  return (
    <ul class="history">{sorted.map((v, i) => (
      <li class={v.undone ? "undone" : ""}><When at={v.time} /> <b><Text of={v.by} /></b> {v.did && (has(`did.${v.did}`) ? t(`did.${v.did}`) : <Text of={v.did} />)}
        {v.reason && <blockquote><Text of={v.reason} /></blockquote>}
        {v.text !== undefined && <button type="button" class="plain" aria-expanded={open === i} onClick={() => setOpen(open === i ? -1 : i)}>{t("rules.differences")}</button>}
        {open === i && <Differences before={before(i)} after={v.text ?? ""} />}</li>))}</ul>
  );
}

function Found({ id }: { id: string }) {
  const all = useView<Alert>("alert.list", { rule: id, state: "all", limit: 20 }, 5000);
  return (
    <Part title={t("rules.alerts")} side={<a href={`/alerts?state=all&rule=${encodeURIComponent(id)}`}>{t("entity.queue")}</a>}>
      <Problem of={all.error} again={all.again} />
      <Table label={t("rules.alerts")} rows={all.rows ?? []} empty={t("rules.noalerts")} open={(a) => go(`/alerts?state=all&rule=${encodeURIComponent(id)}&alert=${a.id}`)} cols={[
        { title: "alert.last", cell: (a) => <Ago at={a.last} /> }, { title: "alert.entity", cell: (a) => <Text of={a.entity} /> },
        { title: "alert.count", end: true, cell: (a) => number(a.count) }, { title: "alert.state", cell: (a) => <>{tv("state", a.state)}{a.verdict ? ` · ${tv("verdict", a.verdict)}` : ""}</> }]} />
    </Part>
  );
}

export function RulePage({ id }: { id: string }) {
  const { query } = usePlace(), v = useVersion(5000), edit = query.has("edit");
  const asked = useAsk((s) => getOne<Row>("rule.show", { rule: id }, s), [id, v]), r = asked.rows ? ruleOf(asked.rows) : undefined;
  const may = is("lead", "administrator"), write = is("analyst", "lead", "administrator");
  const change = (name: string): void => actForm(name, { rule: id }, { without: ["rule"] });
  useKeys("page.rules", [
    { key: "e", label: "rules.edit", off: edit || !write || !r?.text, run: () => turn({ edit: 1 }) },
    { key: "Escape", label: "keys.back", run: () => (edit ? turn({ edit: null }) : go("/rules")), quiet: true },
  ]);
  if (!r) return <div class="page"><p class="dim"><a href="/rules">{t("page.rules")}</a></p><Problem of={asked.error} again={asked.again} />{asked.busy ? <p class="dim">…</p> : !asked.error && <p class="empty">{t("rules.unknown")}</p>}<Found id={id} /></div>;
  if (edit) return <div class="page"><p class="dim"><a href="/rules">{t("page.rules")}</a> › <a href={`/rules/${encodeURIComponent(id)}`}><Text of={r.title} /></a></p><Editor id={id} text={r.text} /></div>;
  return (
    <div class="page">
      <p class="dim"><a href="/rules">{t("page.rules")}</a> › <Text of={r.file || r.id} /></p>
      <h1><Level of={r.level} /> <Text of={r.title} /></h1>
      <div class="buttons">
        {write && r.text && <button type="button" onClick={() => turn({ edit: 1 })}>{t("rules.edit")} <kbd>e</kbd></button>}
        {may && (r.state === "disabled" ? <button type="button" onClick={() => change("rule.enable")}>{t("act.rule.enable")}</button> : <button type="button" onClick={() => change("rule.disable")}>{t("act.rule.disable")}</button>)}
        {may && r.published && <button type="button" onClick={() => change("rule.withdraw")}>{t("act.rule.withdraw")}</button>}
        {is("analyst", "lead") && <button type="button" onClick={() => actForm("suppression.add", { rule: id })}>{t("act.suppression.add")}</button>}
      </div>
      <Problem of={asked.error} again={asked.again} />
      {r.why && <p class={`problem ${r.state === "refused" ? "" : "warn"}`}><strong>{tv("rules.state", r.state)}:</strong> <Why of={r} /></p>}
      <div class="parts">
        <Part title={t("rules.about")}>
          <Facts rows={[[t("alert.state"), <StatePill of={r.state} />], [t("rules.kind"), tv("rules.kind", r.kind)], [t("rules.status"), r.status], [t("rules.author"), r.author && <Text of={r.author} />],
            [t("rules.logsource"), r.logsource && <Text of={r.logsource} />], [t("rules.day"), r.day !== undefined && number(r.day)], [t("rules.month"), r.month !== undefined && number(r.month)],
            [t("alert.last"), r.last && <Ago at={r.last} />], [t("alert.alerts"), r.alerts !== undefined && number(r.alerts)],
            [t("rules.false"), r.falsePercent !== undefined && `${number(r.falsePercent)} %`], [t("rules.cost"), r.cost !== undefined && `${number(r.cost)} ns`],
            [t("rules.id"), <code><Text of={r.id} /></code>]]} />
          {r.tags.length > 0 && <p class="tags">{r.tags.map((x) => <span class="tag"><Text of={x} /></span>)}</p>}
        </Part>
        <Found id={id} />
      </div>
      <div class="below">
        <Hunt rule={id} />
        {r.text && <Part title={t("rules.text")}><pre class="source" tabIndex={0}><Text of={r.text} /></pre></Part>}
        <Part title={t("alert.history")}><Past of={r.history} /></Part>
      </div>
    </div>
  );
}
