// One thing that alerts are about: its risk, what happened, what it came with, what is normal for it.
import { useMemo, useState } from "preact/hooks";
import { get, Row } from "../lib/api";
import { AlertOf, eventsOf, kinds, pathOf, Risk, riskAt } from "../lib/entity";
import { number, t, tv } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { go, turn, usePlace } from "../lib/router";
import { mayTriage } from "../lib/session";
import { useStore } from "../lib/store";
import { density, rowHeight } from "../lib/theme";
import { useAsk, useVersion, useView } from "../lib/use";
import { actForm } from "../ui/act";
import { Ago, Empty, Facts, Level, Part, Problem, When } from "../ui/bits";
import { Chart } from "../ui/chart";
import { Column, List } from "../ui/list";
import { Table } from "../ui/table";
import { Text } from "../ui/text";
import { Title } from "../ui/title";
import { searchFor, Value } from "../ui/value";
import { NormalPart } from "./entity/normal";

const DAYS = 14, STEP_S = 6 * 3600, ALERTS = 500;

function RiskMark({ of, most }: { of: number; most: number }) {
  return <span class="figure"><span>{number(of, 1)}</span><meter min={0} max={Math.max(1, most)} value={of} aria-hidden="true" /></span>;
}

function Curve({ alerts, now }: { alerts: readonly AlertOf[]; now: number | undefined }) {
  const [times, values] = useMemo(() => {
    const end = Math.ceil(Date.now() / 1000), at = Array.from({ length: (DAYS * 86400) / STEP_S + 1 }, (_, i) => end - DAYS * 86400 + i * STEP_S);
    const last = riskAt(alerts, end), factor = now !== undefined && last > 0.01 ? now / last : 1; // the level of its system
    return [at, at.map((x) => riskAt(alerts, x) * factor)];
  }, [alerts, now]);
  return <><Chart label={t("entity.curve")} times={times} height={130} series={[{ label: t("entity.risk"), values, colour: "--accent" }]} />
    <p class="dim">{t("entity.curve.how")}</p></>;
}

function History({ rows, more }: { rows: readonly AlertOf[]; more: boolean }) {
  return (
    <Part title={t("entity.timeline")} kind="wide">
      <Table label={t("entity.timeline")} rows={rows.slice(0, 60)} empty={t("entity.noalerts")} open={(a) => go(`/alerts?state=all&entity=${encodeURIComponent(a.entity)}&alert=${a.id}`)} cols={[
        { title: "alert.last", cell: (a) => <When at={a.last} /> }, { title: "alert.level", cell: (a) => <Level of={a.level} /> },
        { title: "alert.title", cell: (a) => <Title of={a.title} /> }, { title: "alert.count", end: true, cell: (a) => number(a.count) },
        { title: "alert.state", cell: (a) => <>{tv("state", a.state)}{a.verdict ? ` · ${tv("verdict", a.verdict)}` : ""}</> },
        { title: "alert.incident", cell: (a) => (a.incident ? <a href={`/incidents/${a.incident}`} onClick={(e) => e.stopPropagation()}>#{a.incident}</a> : a.candidate ? <a href={`/incidents/candidate/${a.candidate}`} onClick={(e) => e.stopPropagation()}>{t("alert.candidate", { n: a.candidate })}</a> : "–") }]} />
      {(rows.length > 60 || more) && <p class="dim">{t("entity.newest", { n: 60 })}</p>}
    </Part>
  );
}

function Beside({ kind, of }: { kind: string; of: string }) {
  const all = useView<{ kind: string; key: string; alerts: number; last: string }>("entity.beside", { kind, key: of, limit: 60 }, 5000);
  return (
    <Part title={t("entity.beside")}>
      <Problem of={all.error} again={all.again} />
      <Table label={t("entity.beside")} rows={all.rows ?? []} empty={t("entity.nobeside")} cols={[
        { title: "entity.kind", cell: (r) => t(`entity.kind.${r.kind}`) },
        { title: "alert.entity", cell: (r) => ((kinds as readonly string[]).includes(r.kind) ? <a href={pathOf(r.kind, r.key)}><Text of={r.key} /></a> : <Value of={r.key} />) },
        { title: "alert.alerts", end: true, cell: (r) => number(r.alerts) }, { title: "alert.last", cell: (r) => <Ago at={r.last} /> }]} />
    </Part>
  );
}

function Machines({ of }: { of: string }) {
  const all = useView<Row>("machine.list", { text: of, limit: 20 }, 15000);
  return (
    <Part title={t("entity.machines")}>
      <Problem of={all.error} again={all.again} />
      <Table label={t("entity.machines")} rows={all.rows ?? []} empty={t("entity.nomachines")} cols={[
        { title: "entity.machine", cell: (r) => <Text of={r["name"]} /> },
        { title: "source.system", cell: (r) => <Text of={r["system_code"]} /> },
        { title: "entity.addresses", cell: (r) => ((r["addresses"] as string[] | null) ?? []).map((a) => <Value of={a} field="address" />) },
        { title: "entity.importance", cell: (r) => <Text of={r["importance"] ?? ""} /> }]} />
    </Part>
  );
}

function Cases({ of, alerts }: { of: string; alerts: readonly AlertOf[] }) {
  const seen = useView<Row>("observable.list", { value: of, limit: 50 }, 15000);
  const ids = [...new Set([...alerts.flatMap((a) => (a.incident ? [a.incident] : [])), ...(seen.rows ?? []).map((r) => r["incident"] as number)])];
  return (
    <Part title={t("entity.incidents")}>
      <Problem of={seen.error} again={seen.again} />
      {ids.length === 0 ? <Empty text={t("entity.noincidents")} /> : <ul class="short">{ids.map((id) => <li><a href={`/incidents/${id}`}>{t("alert.incident")} #{id}</a>
        {(seen.rows ?? []).some((r) => r["incident"] === id) && <span class="dim"> · {t("entity.observable")}</span>}</li>)}</ul>}
    </Part>
  );
}

export function Entity() {
  const { query } = usePlace(), kind = query.get("kind") ?? "host", key = query.get("key") ?? "", v = useVersion(5000);
  const risk = useView<Risk>("entity.show", { kind, key }, 5000);
  const alerts = useAsk((s) => get<AlertOf>("entity.alerts", { kind, key, limit: ALERTS }, s), [kind, key, v]);
  const r = risk.rows?.[0], rows = useMemo(() => alerts.rows ?? [], [alerts.rows]), events = eventsOf(kind, key);
  const search = (): void => { if (events) searchFor(events, { from: "7d" }); };
  const hide = (): void => actForm("suppression.add", { entity: key });
  useKeys("page.entity", [
    { key: "s", label: "entity.search", run: search, off: !events },
    { key: "x", label: "act.suppression.add", run: hide, off: !mayTriage() },
    { key: "Escape", label: "entity.all", run: () => go("/entities"), quiet: true },
  ]);
  if (!key) return <div class="page"><h1>{t("page.entity")}</h1><Empty text={t("entity.nothing")} /><p><a href="/entities">{t("entity.all")}</a></p></div>;
  return (
    <div class="page">
      <p class="dim"><a href="/entities">{t("entity.all")}</a> › {t(`entity.kind.${kind}`)}</p>
      <h1><Value of={key} field={kind === "address" ? undefined : kind} /></h1>
      <div class="buttons">
        {events && <button type="button" onClick={search}>{t(kind === "user" ? "entity.search.case" : "entity.search")} <kbd>s</kbd></button>}
        {mayTriage() && <button type="button" onClick={hide}>{t("act.suppression.add")} <kbd>x</kbd></button>}
        <a class="button" href={`/alerts?state=all&entity=${encodeURIComponent(key)}`}>{t("entity.queue")}</a>
      </div>
      <Problem of={risk.error ?? alerts.error} again={risk.again} />
      <div class="parts">
        <Part title={t("entity.risk")}>
          {r ? <Facts rows={[[t("entity.risk.now"), <b>{number(r.risk, 1)}</b>], [t("alert.alerts"), number(r.alerts)], [t("entity.rules"), number(r.rules)],
            [t("entity.level"), r.system_level], [t("entity.heard"), <Ago at={r.heard} />]]} /> : !risk.busy && <Empty text={t("entity.norisk")} />}
          {rows.length > 0 && <Curve alerts={rows} now={r?.risk} />}
        </Part>
        <Beside kind={kind} of={key} />
        {(kind === "host" || kind === "address") && <Machines of={key} />}
        <Cases of={key} alerts={rows} />
      </div>
      <div class="below">
        <History rows={rows} more={rows.length >= ALERTS} />
        {events && kind !== "user" && <NormalPart key={key} kind={kind} filter={events} />}
      </div>
    </div>
  );
}

const columns = (most: number): Column<Risk>[] => [
  { name: "title", title: "alert.entity", width: "minmax(160px, 3fr)", cell: (r) => <Text of={r.key} /> },
  { name: "risk", title: "entity.risk", width: "140px", cell: (r) => <RiskMark of={r.risk} most={most} /> },
  { name: "kind", title: "entity.kind", width: "110px", cell: (r) => t(`entity.kind.${r.kind}`) },
  { name: "alerts", title: "alert.alerts", width: "90px", end: true, from: 560, cell: (r) => number(r.alerts) },
  { name: "rules", title: "entity.rules", width: "80px", end: true, from: 640, cell: (r) => number(r.rules) },
  { name: "level", title: "entity.level", width: "110px", end: true, from: 740, cell: (r) => r.system_level ?? "–" },
  { name: "heard", title: "entity.heard", width: "130px", from: 840, cell: (r) => <Ago at={r.heard} /> },
];

export function Entities() {
  const { query } = usePlace(), kind = query.get("kind") ?? "", all = useView<Risk>("entity.top", { ...(kind ? { kind } : {}), limit: 200 }, 5000);
  const [at, setAt] = useState(0), rows = all.rows ?? [], here = Math.min(at, Math.max(0, rows.length - 1));
  useStore(density);
  const open = (r: Risk | undefined): void => { if (r) go(pathOf(r.kind, r.key)); };
  const move = (step: number): void => setAt(Math.max(0, Math.min(rows.length - 1, here + step)));
  useKeys("page.entities", [
    { key: "j", label: "keys.down", run: () => move(1), quiet: true }, { key: "k", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "ArrowDown", label: "keys.down", run: () => move(1), quiet: true }, { key: "ArrowUp", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "Enter", label: "keys.open", run: () => open(rows[here]), quiet: true },
  ]);
  return (
    <div class="queue"><div class="left">
      <header class="bar"><h1>{t("page.entities")}</h1>
        <select aria-label={t("entity.kind")} value={kind} onChange={(e) => turn({ kind: e.currentTarget.value })}>
          <option value="">{t("entity.kind.any")}</option>{kinds.map((k) => <option value={k}>{t(`entity.kind.${k}`)}</option>)}</select></header>
      <Problem of={all.error} again={all.again} />
      {rows.length === 0 ? !all.busy && !all.error && <p class="empty note">{t("entity.none")}</p> :
        <List label={t("page.entities")} rows={rows} columns={columns(rows[0]?.risk ?? 1)} id={(r) => `${r.kind}-${r.key}`.replace(/\W/g, "_")} at={here} setAt={setAt} open={open} height={rowHeight()} stacked />}
    </div></div>
  );
}
