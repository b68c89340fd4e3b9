// Alerts that seem to be one incident: what they have in common, how far they came, and whether it is one.
import { Alert } from "../../lib/alert";
import { Row } from "../../lib/api";
import { Candidate } from "../../lib/incident";
import { number, t, tv } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { go, turn, usePlace } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { mayTriage } from "../../lib/session";
import { useStore } from "../../lib/store";
import { density, rowHeight } from "../../lib/theme";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Ago, Facts, Level, Part, Pill, Problem, When } from "../../ui/bits";
import { Column, List } from "../../ui/list";
import { Table } from "../../ui/table";
import { Technique } from "../../ui/technique";
import { Text } from "../../ui/text";
import { Title } from "../../ui/title";
import { Value } from "../../ui/value";
import { Do, goTo, IncidentTabs } from "./bits";

const states = ["queue", "open", "escalated", "dismissed", "joined", "dissolved"] as const;
const TACTICS = 14;

const about = (c: Candidate): string => (c.about ?? []).map((x) => x.key).join(", ");

/** The way of an attack, in the order of ATT&CK: what was seen of it is named. */
function Way({ of, whole = false }: { of: readonly number[]; whole?: boolean }) {
  const seen = of.filter((n) => n > 0);
  if (seen.length === 0) return <span class="dim">–</span>;
  return (
    <span class="way" title={seen.map((n) => t(`candidate.tactic.${n}`)).join(" → ")}>
      {Array.from({ length: TACTICS }, (_, i) => <i class={seen.includes(i + 1) ? "lit" : ""} aria-hidden="true" />)}
      <span class={whole ? "" : "unseen"}> {seen.map((n) => t(`candidate.tactic.${n}`)).join(" → ")}</span>
    </span>
  );
}

function acts(c: Candidate | undefined) {
  const open = c?.state === "open", id = c?.id;
  return [
    { key: "e", label: "act.candidate.escalate", off: !open || !mayTriage(), run: () => actForm("candidate.escalate", { candidate: id, title: c ? about(c) : "" },
      { done: goTo }) },
    { key: "d", label: "act.candidate.dismiss", off: !open || !mayTriage(), run: () => actForm("candidate.dismiss", { candidate: id }) },
    { key: "w", label: "act.candidate.join", off: !open || !mayTriage(), run: () => actForm("candidate.join", { candidate: id }) },
    { key: "r", label: "act.candidate.restore", off: c?.state !== "dismissed" || !mayTriage(), run: () => actForm("candidate.restore", { candidate: id }) },
  ];
}

function Pane({ of, close }: { of: Candidate; close: () => void }) {
  const entities = useView<Row>("candidate.entities", { candidate: of.id }, 5000), tactics = useView<Row>("candidate.tactics", { candidate: of.id }, 5000);
  const alerts = useView<Alert & { placed: boolean }>("candidate.alerts", { candidate: of.id, limit: 500 }, 5000);
  return (
    <aside class="pane" aria-label={t("candidate.one", { n: of.id })}>
      <header>
        <Level of={of.level} />
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button>
        <h2>{t("candidate.one", { n: of.id })}: <Text of={about(of)} /></h2>
      </header>
      {mayTriage() && <div class="buttons">{acts(of).filter((a) => !a.off).map((a, i) => <Do label={t(a.label)} run={a.run} k={a.key} main={i === 0} />)}</div>}
      <Facts rows={[
        [t("candidate.state"), t(`candidate.state.${of.state}`)],
        [t("candidate.score"), number(of.score, 1)], [t("candidate.rules"), number(of.rules)],
        [t("candidate.alerts"), `${number(of.alerts)}${of.waiting ? ` (${t("candidate.waiting", { n: of.waiting })})` : ""}`],
        [t("candidate.level"), of.system_level], [t("alert.first"), <When at={of.first} />], [t("alert.last"), <Ago at={of.last} />],
        [t("alert.incident"), of.incident && <a href={`/incidents/${of.incident}`}>#{of.incident}</a>],
        [t("candidate.joined"), of.joined && <a href={`/incidents/candidate/${of.joined}`}>#{of.joined}</a>],
        [t("alert.reason"), of.reason && <Text of={of.reason} />]]} />
      <Part title={t("candidate.way")}>
        <p><Way of={of.tactics ?? []} whole /></p>
        <Problem of={tactics.error} />
        <Table label={t("candidate.way")} rows={(tactics.rows ?? []).filter((r) => r["technique"])} empty={t("candidate.notechnique")} cols={[
          { title: "candidate.technique", cell: (r) => <Technique of={String(r["technique"])} /> },
          { title: "candidate.alerts", end: true, cell: (r) => number(r["alerts"] as number) },
          { title: "alert.first", cell: (r) => <When at={r["first"] as string} /> }]} />
      </Part>
      <Part title={t("candidate.entities")}>
        <Problem of={entities.error} />
        <Table label={t("candidate.entities")} rows={entities.rows ?? []} empty={t("ui.nothing")} cols={[
          { title: "candidate.kind", cell: (r) => t(`candidate.kind.${String(r["kind"])}`) },
          { title: "candidate.entity", cell: (r) => <><Value of={r["key"]} field={String(r["kind"])} />{r["common"] ? <> <Pill>{t("candidate.common")}</Pill></> : null}</> },
          { title: "candidate.alerts", end: true, cell: (r) => number(r["alerts"] as number) },
          { title: "alert.last", cell: (r) => <Ago at={r["last"] as string} /> }]} />
      </Part>
      <Part title={t("candidate.alerts")}>
        <Problem of={alerts.error} />
        <Table label={t("candidate.alerts")} rows={alerts.rows ?? []} empty={t("ui.nothing")} cols={[
          { title: "alert.level", cell: (a) => <Level of={a.level} word={false} /> },
          { title: "alert.title", cell: (a) => <a href={`/alerts?state=all&entity=${encodeURIComponent(a.entity)}&alert=${a.id}`}><Title of={a.title} /></a> },
          { title: "alert.entity", cell: (a) => <Value of={a.entity} field="host" /> },
          { title: "alert.state", cell: (a) => tv("state", a.state) }, { title: "alert.last", cell: (a) => <When at={a.last} /> }]} />
      </Part>
    </aside>
  );
}

/** `only`: the one that the address names, alone. */
export function Candidates({ only }: { only?: number }) {
  const { query } = usePlace(), state = states.find((s) => s === query.get("state")) ?? "queue", wanted = only ?? Number(query.get("candidate"));
  const told = useView<Candidate>("candidate.list", only ? null : { state, limit: 500 }, 5000), rows = told.rows ?? [];
  const single = useView<Candidate>("candidate.show", wanted ? { candidate: wanted } : null, 5000), shown = wanted ? rows.find((c) => c.id === wanted) ?? single.rows?.[0] : undefined;
  const open = (c: Candidate): void => turn({ candidate: c.id }, true), shut = (): void => (only ? go("/incidents/candidates") : turn({ candidate: null }, true));
  const r = useRows(rows, (c) => c.id, open), at = wanted && shown ? shown : r.row;
  useStore(density);
  const follow = (by: 1 | -1): void => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, r.at + by))];
    r.choose(r.at + by);
    if (wanted && !only && next) open(next);
  };
  useKeys("incidents.candidates", [
    ...(only ? [] : r.keys.map((k) => (k.key === "j" || k.key === "ArrowDown" ? { ...k, run: () => follow(1) } :
      k.key === "k" || k.key === "ArrowUp" ? { ...k, run: () => follow(-1) } : k))),
    { key: "Escape", label: "keys.back", run: shut, quiet: true },
    ...acts(at),
  ]);
  const columns: Column<Candidate>[] = [
    { name: "level", title: "alert.level", width: "104px", cell: (c) => <Level of={c.level} /> },
    { name: "score", title: "candidate.score", width: "58px", end: true, from: 460, cell: (c) => number(c.score, 1) },
    { name: "title", title: "candidate.about", width: "minmax(140px, 2fr)", cell: (c) => <Text of={about(c) || `#${c.id}`} /> },
    { name: "way", title: "candidate.way", width: "132px", from: 680, cell: (c) => <Way of={c.tactics ?? []} /> },
    { name: "alerts", title: "candidate.alerts", width: "78px", end: true, from: 520, cell: (c) => number(c.alerts) },
    { name: "rules", title: "candidate.rules", width: "60px", end: true, from: 700, cell: (c) => number(c.rules) },
    { name: "state", title: "candidate.state", width: "110px", from: 800, cell: (c) => t(`candidate.state.${c.state}`) },
    { name: "last", title: "alert.last", width: "118px", cell: (c) => <Ago at={c.last} /> },
  ];
  if (only && single.rows?.length === 0) return <div class="page"><p class="empty">{t("candidate.none")}</p></div>;
  if (only) {
    return <div class="page narrow"><Problem of={single.error} again={single.again} />{shown && <Pane of={shown} close={shut} />}</div>;
  }
  return (
    <div class={`queue ${shown ? "split" : ""}`}>
      <div class="left">
        <header class="bar">
          <h1>{t("page.incidents")}</h1>
          <IncidentTabs at="candidates" candidates={state === "queue" ? rows.length : undefined} />
          <div class="filters"><select aria-label={t("candidate.state")} value={state} onChange={(e) => turn({ state: e.currentTarget.value === "queue" ? null : e.currentTarget.value })}>
            {states.map((s) => <option value={s} selected={s === state}>{t(`candidate.state.${s}`)}</option>)}</select></div>
        </header>
        <Problem of={told.error} again={told.again} />
        {rows.length === 0 && !told.error ? <p class="empty pad">{t(told.busy ? "incidents.busy" : state === "queue" ? "candidate.noqueue" : "candidate.nothing")}</p> :
          <List label={t("incidents.candidates")} rows={rows} columns={columns} id={(c) => c.id} at={Math.max(0, rows.indexOf(at as Candidate))} height={rowHeight()}
            setAt={r.choose} open={open} kind={(c) => (c.state === "open" ? "" : "over")} />}
      </div>
      {shown && <Pane of={shown} close={shut} key={shown.id} />}
    </div>
  );
}
