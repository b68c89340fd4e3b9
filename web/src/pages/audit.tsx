// The auditor's way: a figure, its rows, the events, the proof.
import { object, Row } from "../lib/api";
import { number, t } from "../lib/i18n";
import { turn, usePlace } from "../lib/router";
import { full, span } from "../lib/time";
import { useAsk, useView } from "../lib/use";
import { Level, levels, Part, Problem } from "../ui/bits";
import { Table } from "../ui/table";
import { Tab, Tabs } from "../ui/tabs";
import { Text } from "../ui/text";
import { Trail, Verify } from "./admin";

/** Half-years as the report has them, the newest first. */
function periods(): { id: string; from: string; to: string; text: string }[] {
  const now = new Date(), all = [];
  for (let k = 0, y = now.getFullYear(), h = now.getMonth() < 6 ? 1 : 2; k < 6; k++) {
    const from = h === 1 ? `${y}-01-01` : `${y}-07-01`, to = h === 1 ? `${y}-07-01` : `${y + 1}-01-01`;
    all.push({ id: `${y}-${h}`, from: from + "T00:00:00+07:00", to: to + "T00:00:00+07:00", text: t("audit.half", { h, y }) });
    if (h === 1) { y--; h = 2; } else h = 1;
  }
  return all;
}

function Figures() {
  const { query } = usePlace(), all = periods(), p = all.find((x) => x.id === query.get("period")) ?? all[0] as (typeof all)[number];
  const given = { from: p.from, to: p.to }, alerts = useView("metric.alerts", given, 30000), times = useView("metric.times", given, 30000), clocks = useView("metric.clocks", given, 30000);
  const n = (r: Row, name: string): string => number(Number(r[name] ?? 0));
  return (
    <>
      <div class="bar"><label>{t("audit.period")} <select value={p.id} onChange={(e) => turn({ period: e.currentTarget.value })}>
        {all.map((x) => <option value={x.id}>{x.text}</option>)}</select></label></div>
      <Part title={t("audit.alerts")}>
        <p class="dim">{t("audit.alerts.what")}</p><Problem of={alerts.error} again={alerts.again} />
        <Table label={t("audit.alerts")} rows={(alerts.rows ?? []).filter((r) => r["level"])} empty={t("ui.nothing")} cols={[
          { title: "alert.level", cell: (r) => <a href={`/alerts?${new URLSearchParams({ state: "all", level: String(r["level"]), since: p.from }).toString()}`}><Level of={String(r["level"])} /></a> },
          ...["findings", "alerts", "hidden", "escalated", "open", "true_positive", "benign_true_positive", "false_positive", "duplicate", "test", "undetermined"].map((c) => (
            { title: c === "alerts" ? "alert.alerts" : `audit.${c}`, end: true, cell: (r: Row) => n(r, c) }))]} />
      </Part>
      <Part title={t("audit.times")}>
        <Problem of={times.error} />
        <Table label={t("audit.times")} rows={times.rows ?? []} empty={t("ui.nothing")} cols={[
          { title: "audit.what", cell: (r) => t(`audit.time.${String(r["what"])}`) }, { title: "alert.level", cell: (r) => (levels.includes(r["level"] as never) ? <Level of={String(r["level"])} /> : t("audit.anylevel")) },
          { title: "audit.count", end: true, cell: (r) => n(r, "count") }, ...["median_s", "p95_s", "worst_s"].map((c) => (
            { title: `audit.${c}`, end: true, cell: (r: Row) => (r[c] == null ? "–" : span(Number(r[c]))) }))]} />
      </Part>
      <Part title={t("audit.clocks")}>
        <Problem of={clocks.error} />
        <Table label={t("audit.clocks")} rows={clocks.rows ?? []} empty={t("ui.nothing")} cols={[
          { title: "watch.clock", cell: (r) => <Text of={r["vi"]} /> }, { title: "audit.count", end: true, cell: (r) => n(r, "count") },
          { title: "audit.open", end: true, cell: (r) => n(r, "open") }, { title: "audit.late", end: true, cell: (r) => n(r, "late") },
          { title: "audit.left", end: true, cell: (r) => (r["median_left_s"] == null ? "–" : span(Number(r["median_left_s"]))) }]} />
      </Part>
      <Part title={t("audit.proof")}><p>{t("audit.proof.how")}</p>
        <pre tabIndex={0}>canh export --data DIR --from {p.from} --to {p.to} &quot;…&quot; --out evidence.tar{"\n"}canh verify --data DIR --anchor …</pre></Part>
    </>
  );
}

interface Removal extends Row {
  lane: number;
  months: number;
  record: number;
  checkpoint: number;
  time: string;
  why: string;
  from: number;
  to: number;
  note: string;
}

/** What retention took: the records as they were signed. */
function Removed() {
  const told = useAsk((s) => object<{ days: number; records: Removal[] }>("/ledger/removed", {}, s), []), rows = told.rows?.records ?? [];
  return (
    <Part title={t("audit.removed")}>
      <p class="dim">{t("audit.removed.what", { n: told.rows?.days ?? 31 })}</p><Problem of={told.error} again={told.again} />
      {told.rows && <Table label={t("audit.removed")} rows={rows} empty={t("audit.removed.none")} cols={[
        { title: "audit.removed.time", cell: (r) => full(r.time) }, { title: "audit.removed.why", cell: (r) => t(`audit.removed.why.${r.why}`) },
        { title: "audit.removed.stream", cell: (r) => t("audit.removed.of", { lane: r.lane, months: r.months }) },
        { title: "audit.removed.leaves", end: true, cell: (r) => `${number(r.from)} – ${number(r.to - 1)}` }, { title: "audit.removed.checkpoint", end: true, cell: (r) => number(r.checkpoint) },
        { title: "audit.removed.note", cell: (r) => <details><summary>{t("audit.removed.record", { n: r.record })}</summary><pre class="raw" tabIndex={0}><Text of={r.note} /></pre></details> }]} />}
    </Part>
  );
}

const tabs: readonly Tab[] = [
  { path: "", title: "audit.figures", view: Figures },
  { path: "removed", title: "audit.removed", view: Removed },
  { path: "verify", title: "admin.verify", view: Verify },
  { path: "trail", title: "admin.trail", view: Trail, roles: ["lead", "officer", "auditor", "administrator"] },
];

export function Audit() {
  return <Tabs base="/audit" title="page.audit" tabs={tabs} />;
}
