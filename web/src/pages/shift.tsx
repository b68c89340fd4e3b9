// The roster, and how a watch passes from hand to hand.
import { useState } from "preact/hooks";
import { get, Row } from "../lib/api";
import { lang, number, t } from "../lib/i18n";
import { go, turn, usePlace } from "../lib/router";
import { is, me } from "../lib/session";
import { day, full, short, span } from "../lib/time";
import { useAsk, useVersion, useView } from "../lib/use";
import { actForm, doAct } from "../ui/act";
import { Ago, Empty, Facts, Level, levels, Part, Pill, Problem, When } from "../ui/bits";
import { Papers } from "../ui/paper";
import { Col, Table } from "../ui/table";
import { Tab, Tabs } from "../ui/tabs";
import { Text } from "../ui/text";
import { Title } from "../ui/title";
import { complain } from "../ui/toast";
import { Calls } from "./shift/calls";

const lead = (): boolean => is("lead", "officer");
const DAY = 86400000;

interface Shift extends Row {
  id: number;
  person: string;
  part: string;
  starts: string;
  ends: string;
  holiday: boolean;
  instead: number | null;
}

/** The Monday of the week that `at` is in, at midnight in Viet Nam. */
function monday(at: number): number {
  const local = new Date(at + 7 * 3600000), back = (local.getUTCDay() + 6) % 7;
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() - back) - 7 * 3600000;
}

function Week({ from, shifts, holidays }: { from: number; shifts: readonly Shift[]; holidays: readonly Row[] }) {
  const days = [0, 1, 2, 3, 4, 5, 6].map((i) => from + i * DAY), now = Date.now();
  const name = new Intl.DateTimeFormat(lang.get(), { weekday: "short", timeZone: "Asia/Ho_Chi_Minh" });
  return (
    <ol class="week" tabIndex={0} aria-label={t("shift.roster")}>
      {days.map((d) => {
        const free = holidays.find((h) => h["day"] === new Date(d + 7 * 3600000).toISOString().slice(0, 10));
        const of = shifts.filter((s) => Date.parse(s.starts) >= d && Date.parse(s.starts) < d + DAY);
        return (
          <li class={now >= d && now < d + DAY ? "today" : ""}>
            <h3>{name.format(d)} {day(d).slice(0, 5)}{free && <span class="dim"> {String(free[lang.get()])}</span>}</h3>
            {of.map((s) => (
              <div class={`shift part-${s.part} ${Date.parse(s.starts) <= now && now < Date.parse(s.ends) ? "now" : ""}`}>
                <b><Text of={s.person} /></b><span>{short(s.starts).slice(-5)}–{short(s.ends).slice(-5)} · {t(`choice.part.${s.part}`)}</span>
                {(lead() || s.person === me.get()?.name) && Date.parse(s.ends) > now && <span class="shiftacts">
                  <button type="button" class="plain" onClick={() => actForm("shift.swap", { shift: s.id })}>{t("act.shift.swap")}</button>
                  {lead() && <button type="button" class="plain" onClick={() => actForm("shift.cancel", { shift: s.id })}>{t("act.shift.cancel")}</button>}</span>}
              </div>))}
            {of.length === 0 && <p class="dim">{t("shift.nobody")}</p>}
          </li>
        );
      })}
    </ol>
  );
}

function Roster() {
  const { query } = usePlace(), from = monday(Number(query.get("week")) || Date.now());
  const iso = (n: number): string => new Date(n).toISOString(), stretch = { from: iso(from), to: iso(from + 7 * DAY) };
  const shifts = useView<Shift>("shift.list", { ...stretch, limit: 500 }, 10000), gaps = useView("shift.gaps", { ...stretch, least: 1 }, 10000);
  const cover = useView("shift.coverage", { ...stretch, least: 1 }, 10000), year = new Date(from).getUTCFullYear();
  const holidays = useView("holiday.list", { year }, 600000);
  const month = new Date(from + 3 * DAY + 7 * 3600000).toISOString().slice(0, 7); // that most of the week is in
  return (
    <>
      <div class="bar">
        <button type="button" aria-label={t("shift.before")} onClick={() => turn({ week: from - 6 * DAY })}>‹</button>
        <b>{day(from)} – {day(from + 6 * DAY)}</b>
        <button type="button" aria-label={t("shift.after")} onClick={() => turn({ week: from + 8 * DAY })}>›</button>
        <button type="button" onClick={() => turn({ week: null })}>{t("shift.now")}</button>
        <span class="dim">{t("shift.month", { month: month.split("-").reverse().join("/") })}</span> <Papers form="lich-truc" of={{ month }} />
        {lead() && <><button type="button" onClick={() => actForm("shift.plan")}>{t("act.shift.plan")}</button>
          <button type="button" onClick={() => actForm("shift.rotate")}>{t("act.shift.rotate")}</button>
          <button type="button" onClick={() => actForm("shift.import")}>{t("act.shift.import")}</button></>}
      </div>
      <Problem of={shifts.error} again={shifts.again} />
      {shifts.rows && <Week from={from} shifts={shifts.rows} holidays={holidays.rows ?? []} />}
      <Part title={t("shift.coverage")}>
        {(cover.rows ?? []).map((c) => <p>{t("shift.covered", { share: String(c["share"]), n: number(Number(c["covered"])), m: number(Number(c["minutes"])) })}</p>)}
        <Table label={t("shift.gaps")} rows={gaps.rows ?? []} empty={t("shift.nogaps")} kind={() => "warn"} cols={[
          { title: "field.from", cell: (r) => full(r["from"] as string) }, { title: "field.to", cell: (r) => full(r["to"] as string) },
          { title: "shift.minutes", end: true, cell: (r) => span(Number(r["minutes"]) * 60) }]} />
      </Part>
    </>
  );
}

function Away() {
  const away = useView("away.list", {}, 10000);
  return (
    <Part title={t("shift.away")} side={lead() && <button type="button" onClick={() => actForm("away.add")}>{t("act.away.add")}</button>}>
      <Problem of={away.error} />
      <Table label={t("shift.away")} rows={away.rows ?? []} empty={t("ui.nothing")} cols={[
        { title: "field.person", cell: (r) => <Text of={r["person"]} /> }, { title: "field.from", cell: (r) => full(r["starts"] as string) },
        { title: "field.to", cell: (r) => full(r["ends"] as string) }, { title: "field.reason", cell: (r) => <Text of={r["reason"]} /> },
        { title: "ui.acts", cell: (r) => lead() && <button type="button" class="plain" onClick={() => actForm("away.end", { away: r["id"] })}>{t("act.away.end")}</button> }]} />
    </Part>
  );
}

interface Content {
  shift?: { from: string | null; to: string; new: number | null; closed: number | null };
  incidents?: { open: number; list: Row[] };
  tasks?: Row[];
  phieu?: Row[];
  alerts?: { open: number; unacknowledged: number; gravest: Row[] };
  suppressions?: Row[];
  sources?: Row[];
  blind?: { count: number; gravest: string[] };
}

/** Levels come as numbers in a handover's content. */
const levelName = (n: unknown): string => levels[5 - Number(n)] ?? "informational";

function Sheet({ of }: { of: Content }) {
  const list = (rows: Row[] | undefined, one: (r: Row) => preact.ComponentChildren): preact.ComponentChildren =>
    rows && rows.length > 0 ? <ul class="short">{rows.map((r) => <li>{one(r)}</li>)}</ul> : <Empty text={t("ui.nothing")} />;
  return (
    <div class="parts">
      <Part title={t("shift.h.alerts")}>
        <p>{t("shift.h.open", { n: of.alerts?.open ?? 0, m: of.alerts?.unacknowledged ?? 0 })}</p>
        {list(of.alerts?.gravest, (r) => <><Level of={levelName(r["level"])} word={false} /> <a href={`/alerts?state=all&alert=${String(r["id"])}`}><Title of={r["title"]} /></a> <span class="dim"><Text of={r["entity"]} /></span></>)}
      </Part>
      <Part title={t("shift.h.incidents")}>{list(of.incidents?.list, (r) => <a href={"/incidents?state=any&text=" + encodeURIComponent(String(r["number"]))}><Text of={r["number"]} /> <Text of={r["title"]} /></a>)}</Part>
      <Part title={t("shift.h.tasks")}>{list(of.tasks, (r) => <Text of={r["title"]} />)}</Part>
      <Part title={t("shift.h.phieu")}>{list(of.phieu, (r) => <><Text of={r["number"]} /> <Text of={r["subject"]} /> <span class="dim"><Text of={r["agency"]} /></span></>)}</Part>
      <Part title={t("watch.silent")}>{list(of.sources, (r) => <><Text of={r["name"]} /> <span class="dim"><Ago at={r["since"] as string} /></span></>)}</Part>
      <Part title={t("watch.blind")}><p>{t("watch.blindn", { n: of.blind?.count ?? 0 })}</p>{list(of.blind?.gravest.map((x) => ({ title: x })), (r) => <Text of={r["title"]} />)}</Part>
      <Part title={t("shift.h.hidden")}>{list(of.suppressions, (r) => <><Text of={r["rule"] ?? r["entity"]} /> <When at={r["until"] as string} /></>)}</Part>
    </div>
  );
}

function Handover() {
  const { path } = usePlace(), which = Number(path.split("/")[3]) || 0, v = useVersion(5000);
  const all = useView("handover.list", { limit: 50 }, 5000), name = me.get()?.name;
  const one = useAsk(async (s) => (which ? (await get("handover.show", { handover: which }, s))[0] : (await get("handover.draft", {}, s))[0]), [which, v]);
  const row = one.rows, waits = which !== 0 && row?.["state"] === "open";
  const cols: Col<Row>[] = [
    { title: "shift.time", cell: (r) => <a href={`/shift/handover/${String(r["id"])}`}>{full(r["time"] as string)}</a> },
    { title: "shift.giver", cell: (r) => <Text of={r["giver"]} /> }, { title: "shift.taker", cell: (r) => <Text of={r["taker"]} /> },
    { title: "shift.state", cell: (r) => <Pill kind={r["state"] === "taken" ? "good" : r["state"] === "refused" ? "bad" : "warn"}>{t(`shift.state.${String(r["state"])}`)}</Pill> }];
  return (
    <>
      <div class="bar">
        <h2>{which ? t("shift.sheet", { n: which }) : t("shift.draft")}</h2>
        {which !== 0 && <Papers form="bien-ban-ban-giao-ca" of={{ handover: which }} />}
        {which ? <button type="button" onClick={() => go("/shift/handover")}>{t("shift.todraft")}</button> :
          is("analyst", "lead") && <button type="button" class="main" onClick={() => actForm("handover.make")}>{t("act.handover.make")}</button>}
        {waits && row?.["taker"] === name && <>
          <button type="button" class="main" onClick={() => void doAct("handover.take", { handover: which }).catch(complain)}>{t("act.handover.take")}</button>
          <button type="button" onClick={() => actForm("handover.refuse", { handover: which })}>{t("act.handover.refuse")}</button></>}
      </div>
      <Problem of={one.error} again={one.again} />
      {row && which !== 0 && <Facts rows={[[t("shift.giver"), <Text of={row["giver"]} />], [t("shift.taker"), <Text of={row["taker"]} />],
        [t("field.remarks"), <Text of={row["remarks"]} />], [t("shift.answer"), row["answer"] ? <Text of={row["answer"]} /> : null]]} />}
      {row && <Sheet of={row["content"] as Content} />}
      <Part title={t("shift.handovers")}><Problem of={all.error} /><Table label={t("shift.handovers")} rows={all.rows ?? []} empty={t("ui.nothing")} cols={cols} /></Part>
    </>
  );
}

/** A register of people's things: rows, an act to add, one to change, one to remove. */
function Register({ view, title, act, cols }: { view: string; title: string; act: string; cols: Col<Row>[] }) {
  const rows = useView(view, {}, 10000);
  return (
    <Part title={t(title)} side={lead() && <button type="button" onClick={() => actForm(`${act}.add`)}>{t(`act.${act}.add`)}</button>}>
      <Problem of={rows.error} />
      <Table label={t(title)} rows={rows.rows ?? []} empty={t("ui.nothing")} cols={[...cols,
        { title: "ui.acts", cell: (r) => lead() && <>
          <button type="button" class="plain" onClick={() => actForm(`${act}.change`, { ...r })}>{t("shift.change")}</button>
          <button type="button" class="plain" onClick={() => actForm(`${act}.remove`, { id: r["id"] })}>{t("shift.remove")}</button></> }]} />
    </Part>
  );
}

const text = (title: string, name: string): Col<Row> => ({ title, cell: (r) => <Text of={r[name] ?? ""} /> });

function People() {
  const [year] = useState(new Date().getFullYear());
  return (
    <>
      <Register view="staff.list" title="shift.staff" act="staff" cols={[text("field.name", "name"), text("field.title", "title"), text("field.phone", "phone"), text("field.email", "email")]} />
      <Register view="onsite.list" title="shift.onsite" act="onsite" cols={[text("field.name", "name"), text("field.system", "system_name"), text("field.place", "place"), text("field.hours", "hours")]} />
      <Register view="certificate.list" title="shift.certificates" act="certificate" cols={[text("field.staff", "holder"), text("field.name", "name"), text("field.number", "number"), text("field.expires", "expires")]} />
      <Register view="drill.list" title="shift.drills" act="drill" cols={[text("field.day", "day"), text("field.title", "title"), text("field.result", "result")]} />
      <Register view="plan.list" title="shift.plans" act="plan" cols={[text("field.year", "year"), text("field.number", "number"), text("field.approved_by", "approved_by")]} />
      <p class="dim">{t("shift.year", { n: year })}</p>
    </>
  );
}

const tabs: readonly Tab[] = [
  { path: "", title: "shift.roster", view: Roster },
  { path: "handover", title: "shift.handover", view: Handover },
  { path: "calls", title: "shift.calls", view: Calls },
  { path: "away", title: "shift.away", view: Away },
  { path: "people", title: "shift.people", view: People },
];

export function ShiftPage() {
  return <Tabs base="/shift" title="page.shift" tabs={tabs} />;
}
