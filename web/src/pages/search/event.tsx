// One event with all that is known of it.
import { object } from "../../lib/api";
import { t, tv } from "../../lib/i18n";
import { Found, idOf, timeOf } from "../../lib/search";
import { shell } from "../../lib/save";
import { iso } from "../../lib/range";
import { usePlace } from "../../lib/router";
import { full } from "../../lib/time";
import { useAsk } from "../../lib/use";
import { Facts, Level, Part, Problem } from "../../ui/bits";
import { TakeEvidence } from "../../ui/evidence";
import { Text } from "../../ui/text";
import { complain, say } from "../../ui/toast";
import { searchFor, term, Value } from "../../ui/value";
import type { Because } from "../../lib/alert";
import { Fields } from "../alerts/pane";

interface Hit {
  rule: { id: string; title: string; level: string };
  because: Because[];
}
interface Whole extends Found {
  raw_base64?: string;
  store?: string;
  rules?: Hit[];
  alerts?: { alert: number; rule: string; title: string; state: string }[];
  stored?: { sealed: boolean; file?: string; block?: number; leaf?: number; months?: number; segment?: number };
}

const AROUND_S = 300, REST_MS = 120;

/** Who runs through a list by keys does not ask for each. */
function rest(signal: AbortSignal): Promise<void> {
  return new Promise((done, over) => {
    const timer = setTimeout(done, REST_MS);
    signal.addEventListener("abort", () => { clearTimeout(timer); over(signal.reason as Error); });
  });
}

export function copy(text: string): void {
  navigator.clipboard.writeText(text).then(() => say(t("value.copied")), complain);
}

export function evidenceOf(e: Found): string {
  return `canh export --out evidence-${e.lane}-${e.sequence}.tar --id ${e.lane}/${e.sequence}`;
}

function Hits({ of }: { of: Whole }) {
  if (!of.rules) return null;
  return (
    <Part title={t("search.fired")}>
      {of.rules.length === 0 ? <p class="empty">{t("search.nofired")}</p> :
        <ul class="short">{of.rules.map((h) => <li><Level of={h.rule.level} /> <a href={`/rules/${h.rule.id}`}><Text of={h.rule.title} /></a>
          <ul class="because">{h.because.map((b) => <li><b><Text of={b.field ?? t("alert.anywhere")} /></b> <Value of={b.value ?? ""} field={b.field} /></li>)}</ul></li>)}</ul>}
      {(of.alerts ?? []).length > 0 && <p>{t("search.alerts")}: {(of.alerts ?? []).map((a) => <><a href={`/alerts?state=all&alert=${a.alert}`}>#{a.alert}</a> <span class="dim">{tv("state", a.state)}</span> </>)}</p>}
    </Part>
  );
}

function Place({ of }: { of: Whole }) {
  const s = of.stored;
  if (!s) return null;
  return s.sealed ? <>{t("search.sealed")} <code><Text of={s.file ?? ""} /></code> <span class="dim">{t("search.leaf", { n: s.leaf ?? 0, months: s.months ?? 0 })}</span></> :
    <>{t("search.unsealed", { n: s.segment ?? 0 })}</>;
}

export function EventPane({ id, known, close }: { id: string; known: Found | undefined; close: () => void }) {
  const asked = useAsk((s) => rest(s).then(() => object<Whole>("/event", { id }, s)), [id]), isFor = usePlace().query.get("for");
  const whole = asked.rows && idOf(asked.rows) === id ? asked.rows : undefined, e: Whole | undefined = whole ?? known;
  if (!e) {
    return <aside class="pane" aria-label={t("search.event")}><header><span>{t("search.event")} {id}</span>
      <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button></header>
      {asked.busy ? <p class="dim">…</p> : <Problem of={asked.error} again={asked.again} />}</aside>;
  }
  const because = (e.rules ?? []).flatMap((r) => r.because), at = Date.parse(timeOf(e)) / 1000, extra = Object.entries(e.normal ?? {});
  return (
    <aside class="pane" aria-label={t("search.event")} aria-busy={asked.busy}>
      <header>
        <span class="dim">{t("search.event")} {id}</span>
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button>
        <h2>{full(timeOf(e))}</h2>
      </header>
      <div class="buttons">
        <button type="button" onClick={() => searchFor(term("host", e.host ?? ""), { from: iso(at - AROUND_S), to: iso(at + AROUND_S) })} disabled={!e.host}>{t("search.around")}</button>
        <button type="button" onClick={() => copy(`${location.origin}/search?event=${id}`)}>{t("search.copylink")}</button>
        <button type="button" onClick={() => copy(e.raw)}>{t("search.copyraw")}</button>
        <button type="button" onClick={() => copy(JSON.stringify(e, null, 2))}>{t("search.copyjson")}</button>
      </div>
      <Facts rows={[
        [t("search.receipt"), full(e.receipt)], [t("event.host"), e.host && <Value of={e.host} field="host" />],
        [t("event.source"), <Value of={e.source} field="source" />], [t("search.input"), <Value of={e.input} field="input" />],
        [t("search.tags"), e.tags && e.tags.length > 0 && e.tags.map((x) => <span class="tag"><Text of={x} /></span>)],
        [t("search.marks"), [...(e.flags ?? []), ...(e.marks ?? [])].length > 0 && [...(e.flags ?? []), ...(e.marks ?? [])].map((x) => <span class="tag"><Text of={x} /></span>)],
        [t("search.stored"), e.stored && <Place of={e} />]]} />
      {asked.error && <Problem of={asked.error} again={asked.again} />}
      <Hits of={e} />
      <Part title={t("search.values")}><Fields of={e.fields ?? {}} because={because} /></Part>
      {extra.length > 0 && <Part title={t("search.normal")}><Fields of={e.normal ?? {}} because={because} /></Part>}
      <Part title={t("search.raw")}><pre class="raw" tabIndex={0}><Text of={e.raw} marks={because.map((b) => b.value ?? "").filter((v) => v.length > 1)} /></pre>
        {e.raw_base64 && <p class="dim">{t("search.base64")} <button type="button" class="plain" onClick={() => copy(e.raw_base64 as string)}>{t("value.copy")}</button></p>}</Part>
      <Part title={t("search.evidence")}><p class="dim">{t("search.evidence.how")}</p>
        <p><TakeEvidence of={{ id: `${e.lane}:${e.sequence}`, for: isFor }} /></p><p class="dim">{t("search.evidence.host")}</p><Command of={evidenceOf(e)} /></Part>
    </aside>
  );
}

export function Command({ of }: { of: string }) {
  return <div class="command"><pre tabIndex={0}><Text of={of} /></pre><button type="button" onClick={() => copy(of)}>{t("value.copy")}</button></div>;
}

/** The same as a search, for events as evidence. */
export function evidenceFor(q: string, from: string | undefined, to: string | undefined, isFor: string): string {
  return ["canh export --out evidence.tar", ...(from ? [`--from ${from}`] : []), ...(to ? [`--to ${to}`] : []),
    ...(isFor ? [`--for ${isFor}`] : []), shell(q || "*")].join(" ");
}
