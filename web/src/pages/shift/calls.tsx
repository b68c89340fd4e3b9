// Who is called when nobody takes an alert: who it would be now, which alerts wait for it, who was.
import { Alert } from "../../lib/alert";
import { object, Row } from "../../lib/api";
import { t, tv } from "../../lib/i18n";
import { useNames } from "../../lib/names";
import { span } from "../../lib/time";
import { useAsk, useView } from "../../lib/use";
import { Ago, Left, Level, Part, Pill, Problem, When } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Title } from "../../ui/title";

const steps = ["watch", "on-call", "lead", "leads"] as const;
type Step = (typeof steps)[number];

interface Waits {
  high_ms: number;
  critical_ms: number;
}
interface Reached {
  step: Step;
  person?: string;
  phone?: string;
  email?: string;
}
export interface Call {
  id: number;
  alert: number;
  title: string;
  level: string;
  time: string;
  step: Step;
  person?: string;
  messages: number;
  state: string;
  acknowledged?: string;
  assignee?: string;
}

/** After how long without a reaction; a step at which nobody is there is passed over, so that it may be sooner. */
const after = (ms: number, step: Step): string => (ms > 0 ? span((ms / 1000) * (steps.indexOf(step) + 1)) : t("calls.never"));

function Ladder({ waits }: { waits: Waits }) {
  const told = useView<Reached>("escalation.ladder", {}, 10000), names = useNames();
  const rows = steps.flatMap((step): Reached[] => { const there = (told.rows ?? []).filter((r) => r.step === step); return there.length > 0 ? there : [{ step }]; });
  const mute = (r: Reached): boolean => !r.person || (!r.phone && !r.email);
  return (
    <Part title={t("calls.ladder")} side={<a href="/admin/notices">{t("admin.notices")}</a>}>
      <p class="dim">{t("calls.ladder.help")}</p>
      <Problem of={told.error} again={told.again} />
      <Table label={t("calls.ladder")} rows={told.rows ? rows : []} empty={t("incidents.busy")} kind={(r) => (mute(r) ? "warn" : "")} cols={[
        { title: "calls.step", cell: (r) => t(`calls.step.${r.step}`) },
        { title: "level.critical", cell: (r) => after(waits.critical_ms, r.step) }, { title: "level.high", cell: (r) => after(waits.high_ms, r.step) },
        { title: "field.person", cell: (r) => (r.person ? <Text of={names.person(r.person)} /> : <Pill kind="warn">{t("calls.nobody")}</Pill>) },
        { title: "field.phone", cell: (r) => (r.phone ? <Text of={r.phone} /> : "–") },
        { title: "field.email", cell: (r) => (r.email ? <Text of={r.email} /> : r.person && !r.phone ? <Pill kind="bad">{t("calls.mute")}</Pill> : "–") }]} />
    </Part>
  );
}

function Waiting({ waits, calls }: { waits: Waits; calls: readonly Call[] }) {
  const told = useView<Alert>("alert.list", { state: "new", level: "high", limit: 100 }), wait = (a: Alert): number => (a.level === "critical" ? waits.critical_ms : waits.high_ms);
  const rows = (told.rows ?? []).filter((a) => wait(a) > 0).sort((a, b) => Date.parse(a.made) + wait(a) - Date.parse(b.made) - wait(b));
  const called = (a: Alert): number => calls.filter((c) => c.alert === a.id).length;
  return (
    <Part title={t("calls.waiting")} side={<a href="/alerts?state=new&level=high">{t("entity.queue")}</a>}>
      <Problem of={told.error} again={told.again} />
      <Table label={t("calls.waiting")} rows={rows} empty={t(told.busy && !told.rows ? "incidents.busy" : "calls.nowaiting")} cols={[
        { title: "alert.level", cell: (a) => <Level of={a.level} /> }, { title: "alert.title", cell: (a) => <a href={`/alerts?state=new&level=high&alert=${a.id}`}><Title of={a.title} /></a> },
        { title: "alert.entity", cell: (a) => <Text of={a.entity} /> }, { title: "calls.since", cell: (a) => <Ago at={a.made} /> },
        { title: "calls.next", cell: (a) => (called(a) > 0 ? t("calls.called", { n: called(a) }) : <Left until={new Date(Date.parse(a.made) + wait(a)).toISOString()} />) }]} />
    </Part>
  );
}

function Past({ rows, busy }: { rows: readonly Call[]; busy: boolean }) {
  const names = useNames();
  return (
    <Table label={t("calls.past")} rows={rows} empty={t(busy ? "incidents.busy" : "calls.none")} kind={(c) => (c.messages === 0 ? "warn" : "")} cols={[
      { title: "shift.time", cell: (c) => <When at={c.time} /> }, { title: "alert.level", cell: (c) => <Level of={c.level} word={false} /> },
      { title: "alert.title", cell: (c) => <a href={`/alerts?state=all&alert=${c.alert}`}><Title of={c.title} /></a> }, { title: "calls.step", cell: (c) => t(`calls.step.${c.step}`) },
      { title: "field.person", cell: (c) => (c.person ? <Text of={names.person(c.person)} /> : <Pill kind="warn">{t("calls.nobody")}</Pill>) },
      { title: "calls.messages", cell: (c) => (c.messages > 0 ? c.messages : <Pill kind="bad">{t("calls.unreached")}</Pill>) },
      { title: "alert.state", cell: (c) => <>{tv("state", c.state)}{c.acknowledged && <> · <When at={c.acknowledged} /></>}{c.assignee && <> · <Text of={names.person(c.assignee)} /></>}</> }]} />
  );
}

export function Calls() {
  const stat = useAsk((s) => object<{ escalation: Waits } & Row>("/stat", {}, s), []), calls = useView<Call>("escalation.list", { limit: 200 }, 5000), waits = stat.rows?.escalation;
  return (
    <>
      <Problem of={stat.error} again={stat.again} />
      {waits && <><Ladder waits={waits} /><Waiting waits={waits} calls={calls.rows ?? []} /></>}
      <Part title={t("calls.past")}><Problem of={calls.error} again={calls.again} /><Past rows={calls.rows ?? []} busy={calls.busy && !calls.rows} /></Part>
    </>
  );
}

/** Who was called about one alert; nothing where nobody was. */
export function CallsOf({ alert }: { alert: number }) {
  const told = useView<Call>("escalation.list", { alert, limit: 50 }, 5000), rows = told.rows ?? [], names = useNames();
  if (rows.length === 0) return null;
  return (
    <Part title={t("calls.of")} side={<a href="/shift/calls">{t("shift.calls")}</a>}>
      <ul class="history">{[...rows].reverse().map((c) => (
        <li><When at={c.time} /> {t(`calls.step.${c.step}`)}: {c.person ? <b><Text of={names.person(c.person)} /></b> : t("calls.nobody")}{" "}
          {c.person && (c.messages > 0 ? <span class="dim">{t("calls.told", { n: c.messages })}</span> : <Pill kind="bad">{t("calls.unreached")}</Pill>)}</li>))}</ul>
    </Part>
  );
}
