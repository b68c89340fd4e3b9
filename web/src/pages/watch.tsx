// The first page: is the watch whole, and what wants somebody now.
import { object, Row } from "../lib/api";
import { lang, number, t } from "../lib/i18n";
import { Complete, desk, flow, pulse } from "../lib/live";
import { useStore } from "../lib/store";
import { full, span } from "../lib/time";
import { useAsk, useNow, useView } from "../lib/use";
import { Ago, Left, Level, levels, Part, Pill, Problem } from "../ui/bits";
import { Chart } from "../ui/chart";
import { Table } from "../ui/table";
import { Text } from "../ui/text";

interface Stat {
  balance: { state: string; missing: number; unmatched: number; in_flight: number };
  totals: Record<string, number>;
  rows: Row[];
  complete?: Complete;
  sources: { source: string; input: string; state: string; since: string; last: string | null }[] | null;
  desk: { behind_events: number; state: string } | null;
  verified?: { state: string; faults: number; over: string } | null;
  notices?: unknown[];
}

function Whole({ stat }: { stat: Stat | undefined }) {
  const f = useStore(flow), now = useNow(5000), c = f?.complete ?? stat?.complete;
  if (!stat || !c) return <p class="complete waits">{t("frame.waits")}</p>;
  if (c.gaps.length === 0 && c.since) {
    return <p class="complete good"><span class="dot" aria-hidden="true" />
      {t("watch.complete", { at: full(c.since), span: span((now - Date.parse(c.since)) / 1000) })}</p>;
  }
  return (
    <p class="complete bad" role="alert"><span class="dot" aria-hidden="true" />
      {c.broken ? t("watch.broken", { at: full(c.broken), span: span((now - Date.parse(c.broken)) / 1000) }) : t("watch.notwhole")}{" "}
      {c.gaps.map((g) => t(`watch.gap.${g}`)).join("; ")}
      {c.gaps.includes("balance") && ` (${t("watch.differs", { n: stat.balance.missing, m: stat.balance.unmatched })})`}</p>
  );
}

function Ledger({ stat }: { stat: Stat }) {
  const f = useStore(flow), T = stat.totals;
  const cells: [string, number, string?][] = [
    ["watch.received", f?.received ?? T["received"] ?? 0], ["watch.stored", f?.stored ?? T["stored"] ?? 0],
    ["watch.matched", f?.matched ?? T["matched"] ?? 0], ["watch.refused", T["refused"] ?? 0, "warn"],
    ["watch.dropped", T["dropped"] ?? 0, "bad"], ["watch.flight", T["in_flight"] ?? 0],
    ["watch.findings", f?.findings ?? T["findings"] ?? 0]];
  return <dl class="ledger">{cells.map(([name, n, kind]) => <div class={n > 0 && kind ? kind : ""}><dt>{t(name)}</dt><dd>{number(n)}</dd></div>)}</dl>;
}

function Queue() {
  const counts = useView<{ state: string; level: string; hidden: boolean; count: number }>("alert.counts");
  const d = useStore(desk), rows = (counts.rows ?? []).filter((r) => !r.hidden && r.state !== "closed");
  const sum = (level: string, state?: string): number => rows.filter((r) => r.level === level && (!state || r.state === state)).reduce((a, r) => a + r.count, 0);
  return (
    <Part title={t("watch.queue")} side={<a href="/alerts">{t("watch.toqueue")}</a>}>
      <Problem of={counts.error} />
      <Table label={t("watch.queue")} rows={levels.filter((l) => sum(l) > 0)} empty={t("watch.noalerts")} cols={[
        { title: "alert.level", cell: (l) => <a href={`/alerts?level=${l}`}><Level of={l} /></a> },
        { title: "state.new", end: true, cell: (l) => number(sum(l, "new")) },
        { title: "watch.open", end: true, cell: (l) => number(sum(l)) }]} />
      {d?.clocks && d.clocks.overdue > 0 && <p class="problem">{t("watch.overdue", { n: d.clocks.overdue })}</p>}
    </Part>
  );
}

function Clocks() {
  const clocks = useView<Row>("clock.list", { limit: 20 });
  return (
    <Part title={t("watch.clocks")}>
      <Problem of={clocks.error} />
      <Table label={t("watch.clocks")} rows={clocks.rows ?? []} empty={t("watch.noclocks")} cols={[
        { title: "alert.incident", cell: (r) => <a href={`/incidents/${String(r["incident"])}`}><Text of={r["number"]} /> <Text of={r["title"]} /></a> },
        { title: "watch.clock", cell: (r) => <Text of={r[lang.get()] ?? r["clock"]} /> },
        { title: "watch.due", cell: (r) => (r["due"] ? <Left until={r["due"] as string} /> : "–") }]} />
    </Part>
  );
}

function Sources({ stat }: { stat: Stat }) {
  const rows = (stat.sources ?? []).filter((s) => s.state === "silent" || s.state === "late");
  return (
    <Part title={t("watch.silent")} side={<a href="/sources">{t("page.sources")}</a>}>
      {stat.sources === null ? <p class="problem">{t("watch.nodesk")}</p> :
        <Table label={t("watch.silent")} rows={rows} empty={t("watch.nosilent")} kind={(r) => (r.state === "silent" ? "bad" : "warn")} cols={[
          { title: "source.name", cell: (r) => <Text of={r.source} /> }, { title: "source.state", cell: (r) => <Pill kind={r.state === "silent" ? "bad" : "warn"}>{t(`source.state.${r.state}`)}</Pill> },
          { title: "source.since", cell: (r) => <Ago at={r.since} /> }]} />}
    </Part>
  );
}

function Blind() {
  const blind = useView<Row>("rule.blind", { limit: 500 }, 15000), rows = blind.rows ?? [];
  return (
    <Part title={t("watch.blind")} side={<a href="/rules?state=blind">{t("page.rules")}</a>}>
      <Problem of={blind.error} />
      {rows.length === 0 ? <p class="empty">{t("watch.noblind")}</p> : <>
        <p>{t("watch.blindn", { n: number(rows.length) })}</p>
        <ul class="short">{rows.slice(0, 6).map((r) => <li><Level of={r["level"] as string} word={false} /> <Text of={r["title"]} /> <span class="dim">{t(`blind.${String(r["reason"]).replaceAll(" ", "-")}`)} <Text of={r["field"] ?? ""} /></span></li>)}</ul>
        {rows.length > 6 && <p class="dim">{t("ui.more", { n: rows.length - 6 })}</p>}</>}
    </Part>
  );
}

function Duty() {
  const now = useView<Row>("shift.now", {}, 30000);
  return (
    <Part title={t("watch.duty")} side={<a href="/shift">{t("page.shift")}</a>}>
      <Problem of={now.error} />
      <Table label={t("watch.duty")} rows={now.rows ?? []} empty={t("watch.nobody")} cols={[
        { title: "watch.person", cell: (r) => <Text of={r["person"]} /> },
        { title: "watch.part", cell: (r) => t(`choice.part.${String(r["part"])}`) },
        { title: "watch.until", cell: (r) => <Ago at={r["ends"] as string} /> }]} />
    </Part>
  );
}

/** Nothing has come yet: from empty to the first event. */
function First() {
  const server = location.hostname;
  return (
    <Part title={t("watch.first")} kind="wide">
      <ol class="first">
        <li><p>{t("watch.first.try")}</p><pre tabIndex={0}>logger -n {server} -P 5514 -T &quot;xin chào&quot;</pre></li>
        <li><p>{t("watch.first.rsyslog")}</p><pre tabIndex={0}>*.* action(type=&quot;omfwd&quot; target=&quot;{server}&quot; port=&quot;5514&quot; protocol=&quot;tcp&quot;)</pre></li>
        <li><p>{t("watch.first.more")} <a href="/sources/connect">{t("connect.title")}</a></p></li>
        <li><p>{t("watch.first.registers")} <a href="/registers">{t("page.registers")}</a></p></li>
        <li><p>{t("watch.first.people")} <a href="/admin">{t("page.admin")}</a>, <a href="/shift">{t("page.shift")}</a></p></li>
      </ol>
    </Part>
  );
}

export function Watch() {
  const stat = useAsk((s) => object<Stat>("/stat", {}, s), [Math.floor(useNow(5000) / 10000)]), f = useStore(flow);
  return (
    <div class="page watch">
      <h1 class="unseen">{t("page.watch")}</h1>
      <Problem of={stat.error} again={stat.again} />
      <Whole stat={stat.rows} />
      {stat.rows && stat.rows.totals["received"] === 0 && !f?.received && <First />}
      {stat.rows && <Ledger stat={stat.rows} />}
      <Part title={t("watch.pulse")} kind="wide" side={f && <span>{t("frame.flows", { n: number(f.per_second) })}</span>}>
        <Chart label={t("watch.pulse")} times={pulse.map((p) => p[0])} series={[{ label: t("watch.pulse"), values: pulse.map((p) => p[1]), colour: "--accent" }]} />
      </Part>
      <div class="parts">
        <Queue />
        <Clocks />
        {stat.rows && <Sources stat={stat.rows} />}
        <Blind />
        <Duty />
      </div>
    </div>
  );
}
