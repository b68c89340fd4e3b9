// What runs out and what is to be done: clocks of the law with what was sent, tasks by phase.
import { useEffect, useRef } from "preact/hooks";
import { Clock, isOver, mayWork, phases, Task, Whole } from "../../lib/incident";
import { has, lang, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useNames } from "../../lib/names";
import { useRows } from "../../lib/rows";
import { full } from "../../lib/time";
import { useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Left, Part, Pill, Problem, When } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Said } from "../../ui/said";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";
import { Do } from "./bits";

const marks: Record<Task["state"], string> = { todo: "☐", doing: "◐", done: "☑", skipped: "–" };

/** What was sent for a clock; without one for that which runs out first. */
function dispatch(of: Whole, given?: Clock): void {
  const clock = given ?? of.clocks.find((c) => c.state === "runs");
  actForm("clock.dispatch", { incident: of.id, ...(clock ? { clocks: [clock.id], recipient: clock.recipient } : {}), sent: new Date().toISOString() }, { without: ["clocks"] });
}

function Clocks({ of }: { of: Whole }) {
  const may = mayWork();
  return (
    <Part title={t("incident.clocks")} side={may && !of.clocks.some((c) => c.state === "runs") && <Do label={t("incident.dispatch")} run={() => dispatch(of)} k="t" />}>
      {of.clocks.length === 0 ? <p class="empty">{t("incident.noclocks")}</p> :
        <ul class="clocks">{of.clocks.map((c, i) => {
          const sent = of.dispatches.find((d) => d.id === c.dispatch);
          return (
            <li class={c.state === "runs" ? (c.late ? "bad" : "runs") : "over"}>
              <p><b><Text of={c[lang.get()]} /></b> {c.state === "runs" ? <Left until={c.due} /> :
                <Pill kind={c.state === "answered" ? (c.late ? "warn" : "good") : ""}>{t(c.late && c.state === "answered" ? "incident.clock.lateanswer" : `incident.clock.${c.state}`)}</Pill>}</p>
              <p class="dim">{t("incident.clock.due", { at: full(c.due) })}{!c.sure && ` · ${t("incident.clock.unsure")}`}</p>
              <p class="dim">{t("incident.clock.to")} <Text of={c.recipient} /></p>
              {sent && <p>{t("incident.clock.sent", { number: sent.number, at: full(sent.sent) })}</p>}
              {c.why && <p class="dim"><Said of={c.why} mixed /></p>}
              {c.state === "runs" && may && <Do label={t("act.clock.dispatch")} run={() => dispatch(of, c)} {...(of.clocks.findIndex((x) => x.state === "runs") === i ? { k: "t" } : {})} />}
            </li>
          );
        })}</ul>}
      {of.dispatches.length > 0 && <>
        <h3>{t("incident.dispatches")}</h3>
        <Table label={t("incident.dispatches")} rows={of.dispatches} empty="" cols={[
          { title: "incident.sent.number", cell: (d) => <Text of={d.number} /> }, { title: "incident.sent.sent", cell: (d) => <When at={d.sent} /> },
          { title: "incident.sent.channel", cell: (d) => t(`phieu.via.${d.channel}`) }, { title: "incident.sent.recipient", cell: (d) => <Text of={d.recipient} /> }]} /></>}
    </Part>
  );
}

function TaskRow({ of, at, choose, person, may }: { of: Task; at: boolean; choose: () => void; person: string; may: boolean }) {
  const box = useRef<HTMLLIElement>(null), first = useRef(true), open = of.state === "todo" || of.state === "doing";
  useEffect(() => {
    if (at && !first.current) box.current?.scrollIntoView({ block: "nearest" });
    first.current = false;
  }, [at]);
  return (
    <li ref={box} class={`task ${at ? "at" : ""} ${open ? "" : "over"}`} aria-current={at ? "true" : undefined} onClick={choose}>
      <span class={`mark ${of.state}`} aria-hidden="true">{marks[of.state]}</span>
      <div>
        <p><span class="unseen">{t(`incident.task.state.${of.state}`)}: </span><Text of={of.title} /></p>
        <p class="dim">{of.role && <span>{has(`incident.task.role.${of.role}`) ? t(`incident.task.role.${of.role}`) : <Text of={of.role} />}</span>}{of.doer && <span><Text of={person} /></span>}
          {open && of.due && <Left until={of.due} />}{of.ended && <When at={of.ended} />}{of.state === "skipped" && <span>{t("incident.task.state.skipped")}</span>}</p>
        {at && of.asks && <p class="dim">{t("incident.task.asks")} <Text of={of.asks} /></p>}
        {of.result && <p><Text of={of.result} /></p>}
        {at && open && may && <p class="buttons">
          {of.state === "todo" && <Do label={t("act.task.start")} k="s" run={() => void doAct("task.start", { tasks: [of.id] }).catch(complain)} />}
          <Do label={t("act.task.done")} k="d" main run={() => void doAct("task.done", { tasks: [of.id] }).catch(complain)} />
          <Do label={t("incident.task.result")} k="Shift+D" run={() => actForm("task.done", { tasks: [of.id] })} />
          <Do label={t("act.task.skip")} k="x" run={() => actForm("task.skip", { tasks: [of.id] })} /></p>}
      </div>
    </li>
  );
}

export function WorkPart({ of }: { of: Whole }) {
  const told = useView<Task>("task.list", { incident: of.id, limit: 500 }), names = useNames(), may = mayWork();
  const rows = [...(told.rows ?? [])].sort((a, b) => phases.indexOf(a.phase as never) - phases.indexOf(b.phase as never) || a.number - b.number);
  const r = useRows(rows, (x) => x.id, undefined, (x) => x.state === "doing" || x.state === "todo"), row = r.row, dead = !may || !row || (row.state !== "todo" && row.state !== "doing");
  const all = (): number[] => (row ? [row.id] : []);
  useKeys("incident.part.work", [
    ...r.keys,
    { key: "s", label: "act.task.start", off: dead || row?.state !== "todo", run: () => void doAct("task.start", { tasks: all() }).catch(complain) },
    { key: "d", label: "act.task.done", off: dead, run: () => void doAct("task.done", { tasks: all() }).then(() => r.choose(r.at + 1), complain) },
    { key: "Shift+D", label: "incident.task.result", off: dead, run: () => actForm("task.done", { tasks: all() }) },
    { key: "x", label: "act.task.skip", off: dead, run: () => actForm("task.skip", { tasks: all() }) },
    { key: "a", label: "act.task.add", off: !may, run: () => actForm("task.add", { incident: of.id }) },
    { key: "p", label: "act.task.playbook", off: !may, run: () => actForm("task.playbook", { incident: of.id }) },
    { key: "t", label: "incident.dispatch", off: !may, run: () => dispatch(of) },
  ]);
  const done = rows.filter((x) => x.state === "done" || x.state === "skipped").length;
  return (
    <div class="twos">
      <Part title={t("incident.tasks")} side={<span>{rows.length > 0 && <span class="dim">{t("incident.task.progress", { n: done, m: rows.length })} </span>}
        {may && !isOver(of) && <><Do label={t("act.task.add")} k="a" run={() => actForm("task.add", { incident: of.id })} /> <Do label={t("act.task.playbook")} k="p" run={() => actForm("task.playbook", { incident: of.id })} /></>}</span>}>
        <Problem of={told.error} again={told.again} />
        {rows.length === 0 && <p class="empty">{t(told.busy ? "incidents.busy" : "incident.notasks")}</p>}
        {phases.map((phase) => {
          const mine = rows.filter((x) => x.phase === phase);
          return mine.length > 0 && (
            <section aria-label={t(`incident.stage.${phase}`)}>
              <h3>{t(`incident.stage.${phase}`)} <span class="dim">{mine.filter((x) => x.state === "done" || x.state === "skipped").length}/{mine.length}</span></h3>
              <ul class="tasks">{mine.map((x) => <TaskRow key={x.id} of={x} at={x.id === row?.id} choose={() => r.choose(rows.indexOf(x))}
                person={names.person(x.doer)} may={may} />)}</ul>
            </section>
          );
        })}
      </Part>
      <Clocks of={of} />
    </div>
  );
}
