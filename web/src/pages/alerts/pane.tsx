// One alert: why it fired, shown in the event's own text; what else there is about what it is about; what was done.
import { useState } from "preact/hooks";
import { get, object, Row } from "../../lib/api";
import { Alert, Because, Kept } from "../../lib/alert";
import { number, t, tv } from "../../lib/i18n";
import { mayWork } from "../../lib/incident";
import { mayTriage } from "../../lib/session";
import { full } from "../../lib/time";
import { useAsk, useVersion, useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Ago, Facts, Level, Part, Problem, When } from "../../ui/bits";
import { Tags } from "../../ui/technique";
import { Text } from "../../ui/text";
import { Title } from "../../ui/title";
import { entityOf, searchFor, term, Value } from "../../ui/value";
import { CallsOf } from "../shift/calls";

/** Letters that the fields that made the rule fire have, to be marked wherever they stand. */
function marksOf(because: readonly Because[]): string[] {
  return because.map((b) => b.value ?? "").filter((v) => v.length > 1);
}

export function Fields({ of, because = [] }: { of: Record<string, unknown>; because?: readonly Because[] }) {
  const why = new Set(because.map((b) => b.field?.toLowerCase())), marks = marksOf(because);
  const all = Object.entries(of), first = all.filter(([n]) => why.has(n.toLowerCase())), rest = all.filter(([n]) => !why.has(n.toLowerCase()));
  return (
    <table class="fields"><tbody>
      {[...first, ...rest].map(([name, value]) => (
        <tr class={why.has(name.toLowerCase()) ? "why" : ""}><th scope="row"><Text of={name} /></th>
          <td>{Array.isArray(value) ? value.map((v) => <Value of={v} field={name} marks={marks} />) : <Value of={value} field={name} marks={marks} />}</td></tr>
      ))}
    </tbody></table>
  );
}

interface Stored {
  time?: string;
  receipt: string;
  host?: string;
  source?: string;
  fields?: Record<string, unknown>;
  rules?: { rule: { id: string; title: string; level: string; tags?: string[] }; because: Because[] }[];
}

/** As it would have been kept, out of the store. */
function FromStore({ kept, rule }: { kept: Kept; rule: string | null }) {
  const told = useAsk((s) => object<Stored>("/event", { id: `${kept.lane}:${kept.sequence}` }, s), [kept.lane, kept.sequence]), e = told.rows;
  const hit = e?.rules?.find((r) => r.rule.id === rule) ?? e?.rules?.[0];
  return (
    <>
      <Problem of={told.error} />
      {e && <Why kept={{ ...kept, event: { rule: hit?.rule ?? { id: rule ?? "", title: "", level: "" }, because: hit?.because ?? [],
        event: { time: e.time ?? e.receipt, ...(e.host ? { host: e.host } : {}), ...(e.source ? { file: e.source } : {}), fields: e.fields ?? {} } } }} rule={rule} />}
    </>
  );
}

function Why({ kept, rule: of }: { kept: Kept; rule: string | null }) {
  if (!kept.event) return <FromStore kept={kept} rule={of} />;
  const { because = [], rule, event } = kept.event;
  return (
    <>
      <ul class="because">{because.map((b) => <li><span class="dim"><Text of={b.selection ?? ""} /></span> <b><Text of={b.field ?? t("alert.anywhere")} /></b> <Value of={b.value ?? ""} field={b.field} /></li>)}</ul>
      {rule.tags && rule.tags.length > 0 && <Tags of={rule.tags} />}
      {event && <Facts rows={[[t("event.time"), event.time ? full(event.time) : full(kept.time)], [t("event.host"), event.host && <Value of={event.host} field="host" />],
        [t("event.source"), <Text of={event.file ?? ""} />], [t("event.number"), <a href={`/search?event=${kept.lane}:${kept.sequence}`}>{kept.lane}:{kept.sequence}</a>]]} />}
      {event?.fields && <Fields of={event.fields} because={because} />}
    </>
  );
}

function Events({ alert }: { alert: Alert }) {
  const events = useAsk((s) => get<Kept>("alert.events", { alert: alert.id }, s), [alert.id, alert.count]), [at, setAt] = useState(0);
  const rows = events.rows ?? [], kept = rows[Math.min(at, rows.length - 1)];
  return (
    <Part title={t("alert.why")} side={rows.length > 1 && <span class="steps">
      <button type="button" aria-label={t("ui.before")} disabled={at <= 0} onClick={() => setAt(at - 1)}>‹</button>
      {t("alert.event", { i: Math.min(at, rows.length - 1) + 1, n: rows.length })}
      <button type="button" aria-label={t("ui.next")} disabled={at >= rows.length - 1} onClick={() => setAt(at + 1)}>›</button></span>}>
      <Problem of={events.error} />
      {kept ? <Why kept={kept} rule={alert.rule} /> : !events.busy && <p class="empty">{alert.kind === "told" ? t("alert.told") : t("alert.noevent")}</p>}
    </Part>
  );
}

function Related({ alert }: { alert: Alert }) {
  const v = useVersion(5000);
  const all = useAsk(async (s) => {
    const c = (await get<{ candidate: number; state: string }>("alert.candidate", { alert: alert.id }, s))[0];
    return { candidate: c, alerts: c ? await get<Alert>("candidate.alerts", { candidate: c.candidate, limit: 50 }, s) : [] };
  }, [alert.id, v]);
  const others = all.rows?.alerts.filter((x) => x.id !== alert.id) ?? [];
  return (
    <Part title={t("alert.related")} side={all.rows?.candidate && <a href={`/incidents/candidate/${all.rows.candidate.candidate}`}>{t("alert.candidate", { n: all.rows.candidate.candidate })}</a>}>
      {others.length === 0 ? <p class="empty">{t("alert.alone")}</p> :
        <ul class="short">{others.slice(0, 12).map((x) => <li><Level of={x.level} word={false} /> <a href={`/alerts?state=all&entity=${encodeURIComponent(x.entity)}&alert=${x.id}`}><Title of={x.title} /></a>
          <span class="dim"><Text of={x.entity} /> · <When at={x.last} /></span></li>)}</ul>}
      {others.length > 12 && <p class="dim">{t("ui.more", { n: others.length - 12 })}</p>}
    </Part>
  );
}

function History({ alert }: { alert: Alert }) {
  const acts = useView<Row>("act.of", { kind: "alert", key: alert.id });
  return (
    <Part title={t("alert.history")} side={mayWork() && <button type="button" class="plain" onClick={() => actForm("note.add", { alert: alert.id })}>{t("act.note.add")} <kbd>n</kbd></button>}>
      <ul class="history">{(acts.rows ?? []).map((x) => (
        <li class={x["undone"] ? "undone" : ""}><When at={x["time"] as string} /> <b><Text of={x["name"]} /></b> {t(`did.${String(x["did"])}`)}
          {x["note"] ? <blockquote><Text of={x["note"]} /></blockquote> : null}</li>))}</ul>
    </Part>
  );
}

export function AlertPane({ alert, others, close, decide, escalate }:
  { alert: Alert; others: readonly Alert[]; close: () => void; decide: (verdict?: string) => void; escalate: () => void }) {
  const entity = entityOf("host", alert.entity);
  return (
    <aside class="pane" aria-label={t("alert.pane")}>
      <header>
        <Level of={alert.level} />
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button>
        <h2><Title of={alert.title} /></h2>
      </header>
      {mayTriage() && <div class="buttons">
        <button type="button" onClick={() => decide()}>{t("act.alert.close")} <kbd>c</kbd></button>
        <button type="button" onClick={escalate}>{t("act.alert.escalate")} <kbd>e</kbd></button>
        <button type="button" onClick={() => searchFor(term("host", alert.entity), { from: "24h" })}>{t("alert.hunt")}</button></div>}
      <Facts rows={[
        [t("alert.entity"), <Value of={alert.entity} field="host" />],
        [t("alert.everything"), entity && <a href={"/entity?" + new URLSearchParams(entity).toString()}>{t("value.everything")}</a>],
        [t("alert.state"), t(`state.${alert.state}`)],
        [t("alert.assignee"), alert.assignee && <Text of={alert.assignee} />],
        [t("alert.count"), number(alert.count)],
        [t("alert.first"), full(alert.first)], [t("alert.last"), <><span>{full(alert.last)}</span> (<Ago at={alert.last} />)</>],
        [t("alert.verdict"), alert.verdict && tv("verdict", alert.verdict)], [t("alert.reason"), alert.reason && <Text of={alert.reason} />],
        [t("alert.incident"), alert.incident && <a href={`/incidents/${alert.incident}`}>#{alert.incident}</a>],
        [t("alert.rule"), alert.rule && <a href={`/rules/${alert.rule}`}><Text of={alert.rule} /></a>],
        [t("alert.linked"), alert.linked && <a href={`/alerts?state=all&alert=${alert.linked}`}>#{alert.linked}</a>],
        [t("alert.inline"), others.length > 1 && number(others.length)]]} />
      <Events alert={alert} key={`e${alert.id}`} />
      {(alert.level === "critical" || alert.level === "high") && <CallsOf alert={alert.id} key={`c${alert.id}`} />}
      <Related alert={alert} key={`r${alert.id}`} />
      <History alert={alert} key={`h${alert.id}`} />
    </aside>
  );
}
