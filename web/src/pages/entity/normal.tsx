// What is normal for it: hours of the week, and its usual values; asked for one after the other, for each is a search.
import { useState } from "preact/hooks";
import { Given, lines } from "../../lib/api";
import { number, t } from "../../lib/i18n";
import { toInput } from "../../lib/range";
import { asText, Line } from "../../lib/search";
import { useAsk } from "../../lib/use";
import { tellingOf } from "../../lib/entity";
import { Part, Problem } from "../../ui/bits";
import { Text } from "../../ui/text";
import { named, Value } from "../../ui/value";

interface Normal {
  hours: number[][];
  partial: boolean;
  tops: { field: string; rows: [string, number][] }[];
}

async function table(question: Given, signal: AbortSignal): Promise<{ rows: unknown[][]; partial: boolean }> {
  const rows: unknown[][] = [];
  let partial = true;
  await lines<Line>("/search", { ...question, from: "7d", seconds: 30 }, signal, (some) => {
    for (const x of some) {
      if (x.row) rows.push(x.row);
      if (x.search) partial = x.search.partial;
    }
  });
  return { rows, partial };
}

async function normal(filter: string, fields: readonly string[], signal: AbortSignal): Promise<Normal> {
  const hours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0)), by = await table({ q: `${filter} | histogram 1h` }, signal);
  for (const [time, n] of by.rows) {
    const at = new Date(toInput(Date.parse(asText(time)) / 1000) + "Z"), day = hours[(at.getUTCDay() + 6) % 7] as number[];
    day[at.getUTCHours()] = (day[at.getUTCHours()] ?? 0) + Number(n);
  }
  const tops: Normal["tops"] = [];
  let partial = by.partial;
  for (const field of fields) {
    const top = await table({ q: `${filter} | top 10 ${named(field)}` }, signal);
    partial ||= top.partial;
    if (top.rows.length > 0) tops.push({ field, rows: top.rows.map((r) => [asText(r[0]), Number(r[1])]) });
  }
  return { hours, partial, tops };
}

const compact = (n: number): string => (n === 0 ? "" : n < 1000 ? String(n) : n < 1e6 ? `${Math.round(n / 1000)}k` : `${Math.round(n / 1e6)}M`);

function Week({ of }: { of: number[][] }) {
  const most = Math.max(1, ...of.flat());
  return (
    <div class="weekbox" tabIndex={0} role="region" aria-label={t("entity.week")}>
      <table class="week"><caption class="dim">{t("entity.week")}</caption>
        <thead><tr><th /> {Array.from({ length: 24 }, (_, h) => <th scope="col">{h}</th>)}</tr></thead>
        <tbody>{of.map((day, d) => <tr><th scope="row">{t(`entity.day.${d}`)}</th>{day.map((n, h) => (
          <td title={`${t(`entity.day.${d}`)} ${h}:00 · ${number(n)}`} style={{ background: n > 0 ? `color-mix(in srgb, var(--accent) ${Math.round(8 + (32 * n) / most)}%, transparent)` : "none" }}>{compact(n)}</td>))}</tr>)}</tbody>
      </table></div>
  );
}

function Told({ kind, filter }: { kind: string; filter: string }) {
  const asked = useAsk((s) => normal(filter, tellingOf(kind), s), [kind, filter]), n = asked.rows;
  if (asked.error) return <Problem of={asked.error} again={asked.again} />;
  if (!n) return <p class="dim" aria-busy="true">{t("entity.asking")}</p>;
  return (
    <>
      {n.partial && <p class="partial">{t("search.times.partial")}</p>}
      <Week of={n.hours} />
      <div class="parts">{n.tops.map((x) => (
        <section><h3><Text of={x.field} /></h3><ul class="bars">{x.rows.map(([v, k]) => <li><Value of={v} field={x.field} /><span class="n">{number(k)}</span>
          <meter min={0} max={x.rows[0]?.[1] ?? 1} value={k} aria-hidden="true" /></li>)}</ul></section>))}</div>
      {n.tops.length === 0 && <p class="empty">{t("source.noevents")}</p>}
    </>
  );
}

export function NormalPart({ kind, filter }: { kind: string; filter: string }) {
  const [on, setOn] = useState(false);
  return (
    <Part title={t("entity.normal")} kind="wide">
      {on ? <Told kind={kind} filter={filter} /> : <p><button type="button" onClick={() => setOn(true)}>{t("entity.normal.ask")}</button> <span class="dim">{t("entity.normal.why")}</span></p>}
    </Part>
  );
}
