// Phiếu: left those of a state, right the one that is looked at.
import { useMemo } from "preact/hooks";
import { isOut, mayWork, Phieu, WholePhieu } from "../../lib/incident";
import { number, t } from "../../lib/i18n";
import { saveFile } from "../../lib/file";
import { useKeys } from "../../lib/keys";
import { Names, useNames, useAgencies } from "../../lib/names";
import { go, turn, usePlace } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { useStore } from "../../lib/store";
import { density, rowHeight } from "../../lib/theme";
import { full } from "../../lib/time";
import { useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Facts, Left, Part, Pill, Problem, When } from "../../ui/bits";
import { Column, List } from "../../ui/list";
import { Papers } from "../../ui/paper";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";
import { Do, Lines, Tabs } from "../incidents/bits";
import { PhieuState } from "./bits";

const states = ["out", "late", "answered", "draft", "closed", "any"] as const;

export function PhieuTabs({ at, count }: { at: string; count?: (state: string) => number | undefined }) {
  return <Tabs label={t("page.phieu")} of={[
    ...states.map((s) => ({ href: "/phieu" + (s === "out" ? "" : `?state=${s}`), label: t(`phieu.view.${s}`), on: at === s, count: count?.(s) })),
    { href: "/phieu/letters", label: t("letters"), on: at === "letters" }]} />;
}

function acts(p: (Phieu & Partial<WholePhieu>) | undefined) {
  const may = mayWork() && !!p, id = p?.id, given = { phieu: id };
  return [
    { key: "s", label: "act.phieu.send", off: !may || p.state !== "draft", run: () => actForm("phieu.send", given) },
    { key: "e", label: "act.phieu.change", off: !may || p.state !== "draft", run: () => actForm("phieu.change", { ...given, subject: p?.subject, what: p?.what, proof: p?.proof, steps: p?.steps, due: p?.due }) },
    { key: "y", label: "phieu.good", off: !may || p.state !== "answered", run: () => void doAct("phieu.check", { ...given, good: true }).catch(complain) },
    { key: "t", label: "phieu.notgood", off: !may || p.state !== "answered", run: () => actForm("phieu.check", { ...given, good: false }, { without: ["good"] }) },
    { key: "r", label: "act.phieu.remind", off: !may || !isOut(p), run: () => actForm("phieu.remind", given) },
    { key: "v", label: "act.phieu.receive", off: !may || p.state !== "sent", run: () => void doAct("phieu.receive", given).catch(complain) },
    { key: "a", label: "act.phieu.answer", off: !may || !isOut(p), run: () => actForm("phieu.answer", given) },
    { key: "c", label: "act.phieu.close", off: !may || p.state === "closed" || p.state === "draft", run: () => actForm("phieu.close", given) },
  ];
}

export function Answers({ of }: { of: WholePhieu }) {
  return (
    <ul class="items">{of.answers.map((a) => (
      <li><div>
        <p><When at={a.time} /> {a.good === true && <Pill kind="good">{t("phieu.good")}</Pill>}{a.good === false && <Pill kind="bad">{t("phieu.notgood")}</Pill>}
          {a.total !== null && <span class="dim"> {t("phieu.handled", { n: a.handled ?? 0, m: a.total })}</span>}</p>
        <p><Lines of={a.done} /></p>
        {a.cause && <p class="dim">{t("phieu.cause")} <Text of={a.cause} /></p>}
        {a.file && <p><button type="button" onClick={() => void saveFile("phieu.file", { answer: a.id }).catch(complain)}>{t("incident.evidence.save")} <Text of={a.file} /></button></p>}
      </div></li>))}</ul>
  );
}

function Pane({ of, names, close }: { of: Phieu; names: Names; close: () => void }) {
  const told = useView<WholePhieu>("phieu.show", { phieu: of.id }), whole = told.rows?.[0], p = whole ?? of;
  return (
    <aside class="pane" aria-label={t("phieu.one")}>
      <header><span><PhieuState of={p} /> <Text of={p.number} /></span>
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button>
        <h2><Text of={p.subject} /></h2></header>
      <div class="buttons">{acts(p).filter((a) => !a.off).map((a, i) => <Do label={t(a.label)} run={a.run} k={a.key} main={i === 0} />)} <Papers form="phieu" of={{ phieu: p.id }} /></div>
      <Problem of={told.error} again={told.again} />
      <Facts rows={[
        [t("phieu.kind"), t(`phieu.kind.${p.kind}`)], [t("phieu.agency"), <Text of={names.agency(p.agency)} />], [t("phieu.system"), p.system && <Text of={names.system(p.system)} />],
        [t("phieu.due"), <>{full(p.due)} {isOut(p) && <Left until={p.due} />}</>], [t("phieu.sent"), p.sent && full(p.sent)],
        [t("phieu.received"), p.received && full(p.received)], [t("phieu.answered"), p.answered && full(p.answered)],
        [t("phieu.channel"), whole?.channel && t(`phieu.via.${whole.channel}`)], [t("phieu.document"), whole?.document && <Text of={whole.document} />],
        [t("phieu.reminders"), p.reminders > 0 && number(p.reminders)], [t("alert.incident"), p.incident && <a href={`/incidents/${p.incident}?part=phieu`}>#{p.incident}</a>]]} />
      {whole && whole.answers.length > 0 && <Part title={t("phieu.answers")}><Answers of={whole} /></Part>}
      <Part title={t("phieu.what")}><p><Lines of={p.what} /></p></Part>
      {whole && <><Part title={t("phieu.steps")}><Lines of={whole.steps} /></Part>
        <Part title={t("phieu.proof")}><Lines of={whole.proof} /></Part>
        <Part title={t("alert.history")}><ul class="history">{whole.history.map((h) => (
          <li><When at={h.time} /> {t(`phieu.state.${h.state}`)}{h.who && <span class="dim"> · <Text of={names.person(h.who)} /></span>}{h.text && <blockquote><Text of={h.text} /></blockquote>}</li>))}</ul></Part></>}
    </aside>
  );
}

export function PhieuList() {
  const { query } = usePlace(), state = states.find((s) => s === query.get("state")) ?? "out", agency = query.get("agency") ?? "", system = query.get("system") ?? "", wanted = Number(query.get("phieu"));
  const q = useMemo(() => ({ state, agency, system, limit: 1000 }), [state, agency, system]), told = useView<Phieu>("phieu.list", q), out = useView<Phieu>("phieu.list", { state: "out", limit: 1000 }, 5000);
  const answered = useView<Phieu>("phieu.list", { state: "answered", limit: 1000 }, 5000), names = useNames(), agencies = useAgencies();
  const rows = useMemo(() => [...(told.rows ?? [])].sort((a, b) => (state === "closed" || state === "any" ? b.id - a.id : a.due < b.due ? -1 : a.due > b.due ? 1 : 0)), [told.rows, state]);
  const single = useView<WholePhieu>("phieu.show", wanted ? { phieu: wanted } : null), whole = single.rows?.find((p) => p.id === wanted);
  const shown = wanted ? rows.find((p) => p.id === wanted) ?? whole : undefined;
  const open = (p: Phieu): void => turn({ phieu: p.id }, true), shut = (): void => turn({ phieu: null }, true), r = useRows(rows, (p) => p.id, open), at = whole ?? shown ?? r.row;
  useStore(density);
  const counts = (s: string): number | undefined => (s === "out" ? out.rows?.length : s === "late" ? out.rows?.filter((p) => p.late).length : s === "answered" ? answered.rows?.length : undefined);
  const move = (by: 1 | -1): void => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, r.at + by))];
    r.choose(r.at + by);
    if (shown && next) open(next);
  };
  const make = (): void => actForm("phieu.make", { kind: "request", due: new Date(Date.now() + 86400000).toISOString() });
  useKeys("page.phieu", [
    ...r.keys.map((k) => (k.key === "j" || k.key === "ArrowDown" ? { ...k, run: () => move(1) } : k.key === "k" || k.key === "ArrowUp" ? { ...k, run: () => move(-1) } : k)),
    { key: "Escape", label: "keys.back", run: shut, quiet: true },
    { key: "n", label: "act.phieu.make", off: !mayWork(), run: make },
    ...acts(at),
    ...states.map((s, i) => ({ key: String(i + 1), label: `phieu.view.${s}`, run: () => go("/phieu" + (s === "out" ? "" : `?state=${s}`)) })),
    { key: "7", label: "letters", run: () => go("/phieu/letters") },
  ]);
  const columns: Column<Phieu>[] = [
    { name: "number", title: "phieu.number", width: "118px", from: 620, cell: (p) => <Text of={p.number} /> },
    { name: "kind", title: "phieu.kind", width: "84px", from: 860, cell: (p) => t(`phieu.kind.${p.kind}`) },
    { name: "agency", title: "phieu.agency", width: "minmax(120px, 1.2fr)", from: 480, cell: (p) => <Text of={names.agency(p.agency)} /> },
    { name: "title", title: "phieu.subject", width: "minmax(160px, 2.2fr)", cell: (p) => <Text of={p.subject} /> },
    { name: "state", title: "phieu.state", width: "168px", from: 700, cell: (p) => <PhieuState of={p} /> },
    { name: "last", title: "phieu.due", width: "140px", cell: (p) => (isOut(p) ? <Left until={p.due} /> : <When at={p.due} />) },
    { name: "reminders", title: "phieu.reminders", width: "76px", end: true, from: 900, cell: (p) => (p.reminders ? number(p.reminders) : "") },
  ];
  return (
    <div class={`queue ${shown ? "split" : ""}`}>
      <div class="left">
        <header class="bar">
          <h1>{t("page.phieu")}</h1>
          <PhieuTabs at={state} count={counts} />
          <div class="filters"><select aria-label={t("phieu.agency")} value={agency} onChange={(e) => turn({ agency: e.currentTarget.value, phieu: null })}>
            <option value="">{t("phieu.anyagency")}</option>{agencies.map((a) => <option value={a.id} selected={String(a.id) === agency}>{a.name}</option>)}</select></div>
          {mayWork() && <button type="button" class="push" onClick={make}>{t("act.phieu.make")} <kbd>n</kbd></button>}
        </header>
        <Problem of={told.error} again={told.again} />
        {rows.length === 0 && !told.error ? <p class="empty pad">{t(told.busy ? "incidents.busy" : `phieu.none.${state}`)}</p> :
          <List label={t("page.phieu")} rows={rows} columns={columns} id={(p) => p.id} at={Math.max(0, rows.findIndex((p) => p.id === at?.id))} setAt={r.choose} open={open} height={rowHeight()}
            kind={(p) => (p.state === "closed" ? "over" : "")} />}
      </div>
      {shown && <Pane of={shown} names={names} close={shut} key={shown.id} />}
    </div>
  );
}
