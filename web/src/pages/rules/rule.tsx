// One rule: its text, what it finds, whether it can see anything, what was done to it.
import { useState } from "preact/hooks";
import { getOne, object, Refused } from "../../lib/api";
import type { Alert } from "../../lib/alert";
import { has, number, t, tv } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { go, turn, usePlace } from "../../lib/router";
import { Change, costOf, Costs, difference, documentOf, House, logsourceOf, Rule, Shown } from "../../lib/rule";
import { is } from "../../lib/session";
import { useAsk, useVersion, useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Ago, Facts, Level, Part, Pill, Problem, When } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Said } from "../../ui/said";
import { Tags } from "../../ui/technique";
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
  return <>{has(key) ? t(key) : <Said of={of.why} />}{of.field && <> <code><Text of={of.field} /></code></>}</>;
}

const BESIDE = 3; // unchanged lines shown around a change

function Differences({ before, after }: { before: string; after: string }) {
  const all = difference(before, after), near = (i: number): boolean => all.slice(Math.max(0, i - BESIDE), i + BESIDE + 1).some(([kind]) => kind !== "same");
  return <pre class="diff" tabIndex={0} aria-label={t("rules.differences")}>{all.map(([kind, line], i) => kind === "new" ? <ins>+ <Text of={line} />{"\n"}</ins> : kind === "gone" ? <del>- <Text of={line} />{"\n"}</del> :
    near(i) ? <span>{"  "}<Text of={line} />{"\n"}</span> : i === 0 || near(i - 1) ? <span class="dim">{"  …\n"}</span> : null)}</pre>;
}

function Past({ id }: { id: string }) {
  const all = useView<Change>("rule.history", { rule: id }, 5000), rows = all.rows ?? [], [open, setOpen] = useState(-1);
  const before = (i: number): string => rows.slice(i + 1).find((v) => v.text)?.text ?? "";
  return (
    <Part title={t("alert.history")}>
      <Problem of={all.error} again={all.again} />
      {rows.length === 0 && !all.busy && !all.error && <p class="empty">{t("rules.nohistory")}</p>}
      <ul class="history">{rows.map((v, i) => (
        <li><When at={v.time} /> <b><Text of={v.by} /></b> {t(`rules.did.${v.what}`)}
          {v.text && <> <button type="button" class="plain" aria-expanded={open === v.act} onClick={() => setOpen(open === v.act ? -1 : v.act)}>{t("rules.differences")}</button></>}
          {v.reason && <blockquote><Text of={v.reason} /></blockquote>}
          {open === v.act && <Differences before={before(i)} after={v.text ?? ""} />}</li>))}</ul>
    </Part>
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

interface All {
  rule: Shown | undefined;
  house: House | undefined;
  text: string;
  costs: Costs;
}

/** Its text may be known where it is not in force, and the other way about. */
async function ask(id: string, signal: AbortSignal): Promise<All> {
  const [rule, house, costs, text] = await Promise.all([getOne<Shown>("rule.show", { rule: id }, signal), getOne<House>("rule.house", { rule: id }, signal), object<Costs>("/rule/costs", {}, signal),
    object<{ text: string; line: number }>("/rule/text", { rule: id }, signal).then((f) => documentOf(f.text, f.line), (e: unknown) => {
      if (e instanceof Refused && e.status === 404) return "";
      throw e;
    })]);
  return { rule, house, costs, text: house?.published && house.text ? house.text : text };
}

function About({ r, costs }: { r: Shown; costs: Costs }) {
  return (
    <Part title={t("rules.about")}>
      {r.description && <p class="said"><Text of={r.description} /></p>}
      <Facts rows={[[t("alert.state"), <StatePill of={r.state} />], [t("rules.kind"), tv("rules.kind", r.kind)], [t("rules.status"), r.status && <Text of={r.status} />], [t("rules.author"), r.author && <Text of={r.author} />],
        [t("rules.logsource"), <Text of={logsourceOf(r)} />], [t("rules.day"), number(r.hits_24h)], [t("rules.month"), number(r.hits_30d)],
        [t("rules.alerts.month"), t("rules.alerts.open", { n: number(r.alerts_30d), open: number(r.open_30d) })], [t("alert.last"), r.last && <Ago at={r.last} />],
        [t("rules.false"), r.false_percent != null && `${number(r.false_percent)} %`], [t("rules.cost"), r.cost_ns != null && <>{t("rules.cost.of", { ns: number(r.cost_ns, r.cost_ns < 10 ? 1 : 0), p: number(r.tried_percent ?? 0, 2) })} <span class="dim">{t("rules.cost.sample", { n: number(costs.events) })}</span></>],
        [t("rules.only"), r.only_correlated && t("source.yes")], [t("rules.expected"), (r.false_positives ?? []).length > 0 && <ul class="short">{(r.false_positives ?? []).map((x) => <li><Text of={x} /></li>)}</ul>],
        [t("rules.id"), <code><Text of={r.id} /></code>]]} />
      {r.tags.length > 0 && <Tags of={r.tags} />}
    </Part>
  );
}

export function RulePage({ id }: { id: string }) {
  const { query } = usePlace(), v = useVersion(5000), edit = query.has("edit"), asked = useAsk((s) => ask(id, s), [id, v]);
  const all = asked.rows, r = all?.rule && { ...all.rule, id, ...(all.rule.kind === "detection" ? costOf(all.costs, id) : {}) }, house = all?.house, title = r?.title ?? house?.title ?? id;
  const may = is("lead", "administrator"), write = is("analyst", "lead", "administrator");
  const change = (name: string): void => actForm(name, { rule: id }, { without: ["rule"], done: asked.again });
  useKeys("page.rules", [
    { key: "e", label: "rules.edit", off: edit || !write || !all?.text, run: () => turn({ edit: 1 }) },
    { key: "Escape", label: "keys.back", run: () => (edit ? turn({ edit: null }) : go("/rules")), quiet: true },
  ]);
  const path = <p class="dim"><a href="/rules">{t("page.rules")}</a> › {edit ? <a href={`/rules/${encodeURIComponent(id)}`}><Text of={title} /></a> : <Text of={r?.file.replace(/^.*\/rules\//, "") ?? id} />}</p>;
  if (!all) return <div class="page">{path}{asked.busy ? <p class="dim">…</p> : <Problem of={asked.error} again={asked.again} />}</div>;
  if (edit && all.text) return <div class="page">{path}<Editor id={id} text={all.text} done={asked.again} /></div>;
  return (
    <div class="page">
      {path}
      <h1>{r && <Level of={r.level} />} <Text of={title} /></h1>
      <div class="buttons">
        {write && all.text && <button type="button" onClick={() => turn({ edit: 1 })}>{t("rules.edit")} <kbd>e</kbd></button>}
        {may && (house?.disabled ? <button type="button" onClick={() => change("rule.enable")}>{t("act.rule.enable")}</button> : r && <button type="button" onClick={() => change("rule.disable")}>{t("act.rule.disable")}</button>)}
        {may && house?.published && <button type="button" onClick={() => change("rule.withdraw")}>{t("act.rule.withdraw")}</button>}
        {r && is("analyst", "lead") && <button type="button" onClick={() => actForm("suppression.add", { rule: id })}>{t("act.suppression.add")}</button>}
      </div>
      <Problem of={asked.error} again={asked.again} />
      {r?.why && <p class="problem warn"><strong>{tv("rules.state", r.state)}:</strong> <span><Why of={r} /></span></p>}
      {!r && <p class="problem warn">{t(house?.disabled ? "rules.isoff" : house?.published ? "rules.notyet" : "rules.unknown")}</p>}
      {house?.published && <p class="dim">{t("rules.ishouse")}</p>}
      <div class="parts">{r && <About r={r} costs={all.costs} />}<Found id={id} /></div>
      <div class="below">
        {r && <Hunt rule={id} />}
        {all.text && <Part title={t("rules.text")}><pre class="source" tabIndex={0}><Text of={all.text} /></pre></Part>}
        <Past id={id} />
      </div>
    </div>
  );
}
