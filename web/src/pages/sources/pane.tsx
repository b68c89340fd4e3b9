// One source: whose it is, what it sends, against the same hour of the week before, and how late its events come.
import { useMemo } from "preact/hooks";
import { number, t, tv } from "../../lib/i18n";
import { filled } from "../../lib/range";
import { asText, timeOf, useSearch } from "../../lib/search";
import { is } from "../../lib/session";
import { parsed, refusals, Source } from "../../lib/source";
import { span } from "../../lib/time";
import { actForm } from "../../ui/act";
import { Ago, Facts, Part, Pill, Problem } from "../../ui/bits";
import { Chart } from "../../ui/chart";
import { Said } from "../../ui/said";
import { Text } from "../../ui/text";
import { term } from "../../ui/value";

const HOUR = 3600, WEEK = 168, REST_MS = 500;

export function kindOf(state: string): string {
  return state === "silent" ? "bad" : state === "late" || state === "never" ? "warn" : state === "active" ? "good" : "";
}

function Rate({ of }: { of: Source }) {
  const q = `${term("source", of.source)} ${of.input ? term("input", of.input) : ""}`;
  const found = useSearch({ q: `${q} | histogram 1h`, from: "8d" }, REST_MS);
  const [times, counts] = useMemo(() => {
    const all = filled(found.table.map((r): [number, number] => [Date.parse(asText(r[0])) / 1000, Number(r[1])]), HOUR,
      [Date.now() / 1000 - 8 * 24 * HOUR, Date.now() / 1000]);
    return [all.map((x) => x[0]), all.map((x) => x[1])];
  }, [found.table]);
  // The last whole hour, and the same hour of the week before.
  const whole = counts.length - 2, now = counts[whole], before = counts[whole - WEEK];
  return (
    <Part title={t("source.rate")}>
      <Problem of={found.error} again={found.again} />
      {found.busy ? <p class="dim">{t("search.counting")}</p> : counts.length === 0 ? <p class="empty">{t("source.noevents")}</p> : <>
        <Chart label={t("source.rate")} times={times} height={110} series={[{ label: t("search.found"), values: counts, colour: "--accent", bars: true }]} />
        <p>{now === undefined ? null : before ? t("source.rate.against", { n: number(now), m: number(before), p: Math.round((100 * now) / before) }) : t("source.rate.alone", { n: number(now) })}</p>
        {found.counts?.partial && <p class="partial">{t("search.partial")} <Said of={found.counts.why ?? ""} /></p>}</>}
    </Part>
  );
}

function Delay({ of }: { of: Source }) {
  const found = useSearch({ q: `${term("source", of.source)} ${of.input ? term("input", of.input) : ""}`, from: "8d", limit: 100, seconds: 10 }, REST_MS);
  const late = found.rows.filter((r) => r.time).map((r) => (Date.parse(r.receipt) - Date.parse(timeOf(r))) / 1000).sort((a, b) => a - b);
  if (found.busy) return <span class="dim">…</span>;
  if (late.length === 0) return <span class="dim">{t("source.notime")}</span>;
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] as number;
  return <>{t("source.delay.of", { median: span(at(0.5)), p95: span(at(0.95)), n: late.length })}</>;
}

export function SourcePane({ of, rate, close }: { of: Source; rate: number | undefined; close: () => void }) {
  const c = of.count, share = parsed(c), refused = c ? refusals(c) : [];
  return (
    <aside class="pane" aria-label={t("source.pane")}>
      <header>
        <Pill kind={kindOf(of.state)}>{t(`source.state.${of.state}`)}</Pill>
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button>
        <h2><Text of={of.source} /></h2>
      </header>
      <div class="buttons">
        <a class="button" href={`/search?q=${encodeURIComponent(term("source", of.source))}`}>{t("source.search")}</a>
        {is("officer", "administrator") && <button type="button" onClick={() => actForm("source.assign", { source: of.source })}>{t("act.source.assign")} <kbd>a</kbd></button>}
      </div>
      <Facts rows={[
        [t("search.input"), of.input], [t("source.since"), of.since && <Ago at={of.since} />], [t("source.last"), of.last && <Ago at={of.last} />],
        [t("source.system"), of.system ? <a href={`/incidents?system=${of.system.id}`}><Text of={of.system.code} /> · <Text of={of.system.name} /></a> : t("source.nosystem")],
        [t("source.interval"), of.interval_ms > 0 && span(of.interval_ms / 1000)],
        [t("source.now"), rate !== undefined && t("frame.flows", { n: number(rate, rate < 10 ? 1 : 0) })],
        [t("source.delay"), of.last && <Delay of={of} key={of.key} />],
        [t("source.silences"), of.silences !== undefined && t("source.silences.of", { n: of.silences, p: of.covered ?? 0 })],
        [t("source.authenticated"), c && t(c.authenticated ? "source.yes" : "source.no")]]} />
      {of.last && <Rate of={of} key={`r${of.key}`} />}
      {c && <Part title={t("source.counts")}>
        <Facts rows={[
          [t("watch.received"), number(c.received)], [t("watch.stored"), number(c.stored)], [t("watch.findings"), number(c.findings)],
          [t("source.parsed"), share !== undefined && `${number(share, share < 100 ? 1 : 0)} %`], [t("source.plain"), c.plain > 0 && number(c.plain)],
          [t("source.unparsed"), c.unparsed > 0 && number(c.unparsed)], [t("source.untimed"), c.untimed > 0 && number(c.untimed)],
          ...refused.map(([name, n]): [string, string] => [tv("source", name), number(n)])]} />
        <p class="dim">{t("source.counts.since")}</p>
      </Part>}
    </aside>
  );
}
