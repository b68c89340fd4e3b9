// The incidents that are there: as a list, or as a board by stage; both by the keyboard, both in the address.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Incident, mayWork, Stage, stages } from "../../lib/incident";
import { number, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useTerms } from "../../lib/law";
import { useNames } from "../../lib/names";
import { go, turn, usePlace } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { useStore } from "../../lib/store";
import { density, rowHeight } from "../../lib/theme";
import { useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Left, Problem, When } from "../../ui/bits";
import { Column, List } from "../../ui/list";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";
import { goTo, IncidentTabs, Severity, StageName } from "./bits";
import { Board } from "./board";
import { asked, Filters } from "./filters";

const PAGE = 200, MOST = 5000;

const open = (i: Incident): void => go(`/incidents/${i.id}`);

/** What is not open needs no excuse. */
export function close(i: Incident): void {
  actForm("incident.close", { incident: i.id }, { without: [...(i.tasks_open > 0 ? [] : ["skip"]), ...(i.clock_due ? [] : ["unsent"])] });
}

/** To the stage before or behind; behind the last it is closed, which wants words. */
export function step(i: Incident, by: 1 | -1): void {
  const next = stages.indexOf(i.state as Stage) + by;
  if (!stages.includes(i.state as Stage) || next < 0) return;
  const stage = stages[next];
  if (stage) void doAct("incident.stage", { incident: i.id, stage }).catch(complain);
  else close(i);
}

/** A new one: what was told. It is opened when it is there. */
const begin = (): void => actForm("incident.open", {}, { done: goTo });

export function IncidentList() {
  const { query } = usePlace(), q = useMemo(() => asked(query), [query]), board = query.get("view") === "board";
  const [limit, setLimit] = useState(PAGE), question = JSON.stringify(q), filter = useRef<HTMLInputElement>(null);
  const told = useView<Incident>("incident.list", { ...q, ...(board ? { state: "open" } : {}), limit });
  const closed = useView<Incident>("incident.list", { ...q, state: "closed", limit: 20 }, 10000);
  const waiting = useView<{ id: number }>("candidate.list", { limit: 100 }, 10000);
  const names = useNames(), term = useTerms();
  useStore(density);
  // What is new waits at the top until it is asked for: the rows that are read stay where they are.
  const [newest, setNewest] = useState<number | undefined>(undefined), all = told.rows ?? [];
  useEffect(() => { setNewest(undefined); setLimit(PAGE); }, [question, board]);
  useEffect(() => { if (newest === undefined && !told.busy && told.rows) setNewest(told.rows[0]?.id ?? 0); }, [told.busy, newest]);
  const fresh = newest === undefined ? [] : all.filter((i) => i.id > newest), rows = fresh.length > 0 ? all.filter((i) => i.id <= (newest as number)) : all;
  const lines = board ? [...rows].sort((a, b) => stages.indexOf(a.state as Stage) - stages.indexOf(b.state as Stage)) : rows;
  const r = useRows(lines, (i) => i.id, open), show = (): void => setNewest(undefined);
  /** On the board: to the column beside it. */
  const aside = (by: 1 | -1): void => {
    if (!r.row) return;
    for (let c = stages.indexOf(r.row.state as Stage) + by; c >= 0 && c < stages.length; c += by) {
      const i = lines.findIndex((x) => x.state === stages[c]);
      if (i >= 0) { r.choose(i); return; }
    }
  };
  const dead = !mayWork() || !r.row;
  useKeys("page.incidents", [
    ...r.keys,
    ...(board ? [
      { key: "h", label: "incidents.left", run: () => aside(-1), quiet: true }, { key: "l", label: "incidents.right", run: () => aside(1), quiet: true },
      { key: "ArrowLeft", label: "incidents.left", run: () => aside(-1), quiet: true }, { key: "ArrowRight", label: "incidents.right", run: () => aside(1), quiet: true }] : []),
    { key: "/", label: "keys.filter", run: () => filter.current?.focus() },
    { key: "b", label: "incidents.board", run: () => turn({ view: board ? null : "board" }) },
    { key: "c", label: "incidents.candidates", run: () => go("/incidents/candidates") },
    { key: "n", label: "act.incident.open", off: !mayWork(), run: begin },
    { key: "m", label: "incidents.mine", off: dead, run: () => { if (r.row) void doAct("incident.assign", { incident: r.row.id }).catch(complain); } },
    { key: "Shift+M", label: "act.incident.assign", off: dead, run: () => { if (r.row) actForm("incident.assign", { incident: r.row.id }); } },
    { key: "]", label: "incidents.next", off: dead, run: () => { if (r.row) step(r.row, 1); } },
    { key: "[", label: "incidents.before", off: dead, run: () => { if (r.row) step(r.row, -1); } },
    { key: ".", label: "incidents.shownew", off: fresh.length === 0, run: show },
  ]);
  const columns: Column<Incident>[] = [
    { name: "level", title: "incident.severity", width: "64px", cell: (i) => <Severity of={i.severity} /> },
    { name: "number", title: "incident.number", width: "108px", from: 700, cell: (i) => <Text of={i.number} /> },
    { name: "title", title: "incident.title", width: "minmax(220px, 3fr)", cell: (i) => <Text of={i.title} /> },
    { name: "type", title: "incident.type", width: "minmax(90px, 1fr)", from: 900, cell: (i) => <Text of={term("types", i.type)} /> },
    { name: "state", title: "incident.stage", width: "112px", from: 560, cell: (i) => <StageName of={i.state} /> },
    { name: "last", title: "incident.clock", width: "134px", cell: (i) => (i.clock_due && !i.closed ? <Left until={i.clock_due} /> : <span class="dim">–</span>) },
    { name: "tasks", title: "incident.tasks", width: "58px", end: true, from: 800, cell: (i) => number(i.tasks_open) },
    { name: "owner", title: "incident.owner", width: "minmax(90px, 0.9fr)", from: 760, cell: (i) => <Text of={names.person(i.owner)} /> },
    { name: "system", title: "incident.systems", width: "minmax(110px, 1.3fr)", from: 1180, cell: (i) => <Text of={i.systems.map(names.system).join(", ")} /> },
    { name: "detected", title: "incident.detected", width: "92px", from: 640, cell: (i) => <When at={i.detected} /> },
  ];
  return (
    <div class="queue">
      <div class="left">
        <header class="bar">
          <h1>{t("page.incidents")}</h1>
          <IncidentTabs at={board ? "board" : "list"} candidates={waiting.rows?.length} />
          <Filters q={q} board={board} input={filter} />
          {mayWork() && <button type="button" class="push" onClick={begin}>{t("act.incident.open")} <kbd>n</kbd></button>}
        </header>
        <Problem of={told.error} again={told.again} />
        {fresh.length > 0 && <button type="button" class="fresh" onClick={show}>{t("incidents.fresh", { n: fresh.length })} <kbd>.</kbd></button>}
        {board ? <Board rows={lines} closed={closed.rows ?? []} at={r.row?.id} choose={(i) => r.choose(lines.indexOf(i))} open={open} names={names} busy={told.busy && !told.rows} /> :
          rows.length === 0 && !told.error ? <p class="empty pad">{t(told.busy ? "incidents.busy" : "incidents.none")}</p> :
          <List label={t("page.incidents")} rows={rows} columns={columns} id={(i) => i.id} at={r.at} setAt={r.choose} open={open} height={rowHeight()}
            more={() => { if (rows.length >= limit && limit < MOST) setLimit(limit + PAGE); }} kind={(i) => (i.closed ? "over" : "")} />}
        {!board && rows.length > 0 && <footer class="foot dim">{t("incidents.count", { n: number(rows.length) })}</footer>}
      </div>
    </div>
  );
}
