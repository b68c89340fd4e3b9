// What leaves the house: the channels and whether they work, each message with what became of it.
import { getOne } from "../../lib/api";
import { number, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useMay } from "../../lib/may";
import { turn, usePlace } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { useAsk, useNow, useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Ago, Facts, Level, Part, Pill, Problem, When } from "../../ui/bits";
import { Dialog, open } from "../../ui/dialog";
import { Said } from "../../ui/said";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";

const LATE_MS = 15 * 60000; // NOTIFY_LATE_NS: from then on another channel takes over
const states = ["waiting", "sent", "failed"] as const;

interface Channel {
  name: string;
  kind: string;
  level?: string;
  second?: string;
  recipients?: string[];
  people?: string[];
  used: boolean;
  held?: number;
  waiting: number;
  oldest?: string;
  void: number;
}
interface Message {
  id: number;
  made: string;
  kind: string;
  key: number;
  channel: string;
  recipient: string;
  level?: string;
  state: (typeof states)[number];
  attempts: number;
  due?: string;
  sent?: string;
  second?: string;
  error?: string;
  void?: boolean;
  subject: string;
  text?: string;
}

function Working({ of }: { of: Channel }) {
  const now = useNow(10000), late = of.oldest && now - Date.parse(of.oldest) > LATE_MS;
  return of.void > 0 ? <Pill kind="bad">{t("notice.dead", { n: number(of.void) })}</Pill> : !of.used ? <Pill>{t("notice.unused")}</Pill> :
    late ? <Pill kind="warn">{t("notice.late")}</Pill> : <Pill kind="good">{t("notice.works")}</Pill>;
}

function Channels() {
  const told = useView<Channel>("channel.list", {}, 5000), may = useMay();
  return (
    <Part title={t("admin.channels")}>
      <Problem of={told.error} again={told.again} />
      <Table label={t("admin.channels")} rows={told.rows ?? []} empty={t("admin.nochannels")} kind={(r) => (r.void > 0 ? "bad" : "")} cols={[
        { title: "field.name", cell: (r) => <Text of={r.name} /> }, { title: "field.kind", cell: (r) => <Text of={r.kind} /> }, { title: "notice.from", cell: (r) => (r.level ? <Level of={r.level} /> : "") },
        { title: "notice.to", cell: (r) => <Text of={[...(r.recipients ?? []), ...(r.people ?? []).map((x) => `${x} *`)].join(", ")} /> },
        { title: "admin.state", cell: (r) => <Working of={r} /> },
        { title: "admin.waiting", end: true, cell: (r) => (r.waiting > 0 ? <>{number(r.waiting)} (<Ago at={r.oldest} />)</> : "0") },
        { title: "notice.held", end: true, cell: (r) => number(r.held ?? 0) }, { title: "notice.second", cell: (r) => (r.second ? <Text of={r.second} /> : "–") },
        { title: "ui.acts", cell: (r) => r.used && may("notice.test") && <button type="button" class="plain" onClick={() => actForm("notice.test", { channel: r.name }, { without: ["channel"] })}>{t("act.notice.test")}</button> }]} />
      <p class="dim">{t("notice.star")}</p>
    </Part>
  );
}

function Whole({ of }: { of: Message }) {
  const told = useAsk((s) => getOne<Message>("message.show", { message: of.id }, s), [of.id]), m = told.rows ?? of;
  return (
    <div class="actform">
      <Problem of={told.error} />
      <Facts rows={[[t("field.channel"), <Text of={m.channel} />], [t("field.recipient"), <Text of={m.recipient} />], [t("admin.made"), <When at={m.made} />],
        [t("admin.state"), <State of={m} />], [t("notice.attempts"), number(m.attempts)], [t("notice.due"), m.state === "waiting" && <When at={m.due} />], [t("notice.sent"), m.sent && <When at={m.sent} />],
        [t("notice.second"), m.second && <Text of={m.second} />], [t("admin.error"), m.error && <Said of={m.error} />],
        [t("notice.about"), (m.kind === "alert" || m.kind === "call") && <a href={`/alerts?state=all&alert=${m.key}`}>#{m.key}</a>]]} />
      {m.text && <pre><Text of={m.text} /></pre>}
    </div>
  );
}

function State({ of }: { of: Message }) {
  return <><Pill kind={of.state === "failed" ? "bad" : of.state === "waiting" && of.attempts > 0 ? "warn" : of.state === "sent" ? "good" : ""}>{t(`admin.message.${of.state}`)}</Pill>
    {of.void && <> <Pill kind="bad">{t("notice.void")}</Pill></>}</>;
}

function Messages() {
  const { query } = usePlace(), state = states.find((s) => s === query.get("state")) ?? "", may = useMay();
  const told = useView<Message>("message.list", { state, limit: 200 }, 5000), rows = told.rows ?? [];
  const show = (m: Message): void => open(() => <Dialog title={t("notice.one", { n: m.id })} wide><Whole of={m} /></Dialog>), r = useRows(rows, (m) => m.id, show);
  const can = (m: Message | undefined): boolean => !!m && m.state !== "sent" && may("notice.retry"), again = (m: Message): void => void doAct("notice.retry", { message: m.id }).catch(complain);
  useKeys("admin.notices", [...r.keys, { key: "o", label: "keys.open", off: !r.row, run: () => { if (r.row) show(r.row); }, quiet: true },
    { key: "r", label: "act.notice.retry", off: !can(r.row), run: () => { if (r.row) again(r.row); } }]);
  return (
    <Part title={t("admin.messages")} side={<select aria-label={t("admin.state")} value={state} onChange={(e) => turn({ state: e.currentTarget.value })}>
      <option value="">{t("admin.any")}</option>{states.map((s) => <option value={s} selected={s === state}>{t(`admin.message.${s}`)}</option>)}</select>}>
      <Problem of={told.error} again={told.again} />
      <Table label={t("admin.messages")} rows={rows} at={r.at} empty={t(told.busy && !told.rows ? "incidents.busy" : "ui.nothing")} kind={(m) => (m.void || m.state === "failed" ? "bad" : "")} cols={[
        { title: "admin.made", cell: (m) => <When at={m.made} /> }, { title: "field.channel", cell: (m) => <Text of={m.channel} /> }, { title: "field.recipient", cell: (m) => <Text of={m.recipient} /> },
        { title: "field.subject", cell: (m) => <button type="button" class="plain" onClick={() => show(m)}><Text of={m.subject} /></button> },
        { title: "admin.state", cell: (m) => <State of={m} /> }, { title: "notice.attempts", end: true, cell: (m) => number(m.attempts) },
        { title: "notice.due", cell: (m) => (m.state === "waiting" ? <When at={m.due} /> : m.sent ? <span class="dim"><When at={m.sent} /></span> : "–") },
        { title: "admin.error", cell: (m) => m.error && <Said of={m.error} /> },
        { title: "ui.acts", cell: (m) => can(m) && <button type="button" class="plain" onClick={() => again(m)}>{t("act.notice.retry")}</button> }]} />
    </Part>
  );
}

export function Notices() {
  return <><Channels /><Messages /><p class="dim"><a href="/shift/calls">{t("shift.calls")}</a></p></>;
}

