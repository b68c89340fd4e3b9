// The queue: left what waits, right the one that is looked at; all of it by the keyboard, all of it in the address.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { act, get, Refused } from "../lib/api";
import { Alert, states, verdicts } from "../lib/alert";
import { number, t } from "../lib/i18n";
import { mayWork } from "../lib/incident";
import { useKeys } from "../lib/keys";
import { desk } from "../lib/live";
import { turn, usePlace } from "../lib/router";
import { mayTriage, me } from "../lib/session";
import { useStore } from "../lib/store";
import { density, rowHeight } from "../lib/theme";
import { useVersion } from "../lib/use";
import { actForm, doAct } from "../ui/act";
import { Ago, Level, levels, Pill, Problem } from "../ui/bits";
import { Column, List } from "../ui/list";
import { Text } from "../ui/text";
import { Title } from "../ui/title";
import { complain, say } from "../ui/toast";
import { AlertPane } from "./alerts/pane";
import { closeForm } from "./alerts/close";
import { Filters, given, groupings, Grouping } from "./alerts/filters";

const PAGE = 100, MOST = 5000; // rows asked for at once; kept here
const ACT = 1000; // alerts in one act

/** A line of the queue: an alert, or several alike. */
export interface Line {
  id: string;
  alerts: Alert[];
}

function group(alerts: readonly Alert[], by: Grouping): Line[] {
  if (by === "none") return alerts.map((a) => ({ id: String(a.id), alerts: [a] }));
  const lines = new Map<string, Line>();
  for (const a of alerts) {
    const key = by === "rule" ? a.rule ?? a.title : by === "entity" ? a.entity.toLowerCase() : (a.rule ?? a.title) + "\n" + a.entity.toLowerCase();
    const line = lines.get(key);
    if (line) line.alerts.push(a);
    else lines.set(key, { id: key, alerts: [a] });
  }
  return [...lines.values()];
}

const gravest = (alerts: readonly Alert[]): string => levels.find((l) => alerts.some((a) => a.level === l)) ?? "informational";

function columns(by: Grouping): Column<Line>[] {
  const one = (l: Line): Alert => l.alerts[0] as Alert;
  const entities = (l: Line): number => new Set(l.alerts.map((a) => a.entity)).size;
  return [
    { name: "level", title: "alert.level", width: "118px", cell: (l) => <Level of={gravest(l.alerts)} /> },
    { name: "title", title: "alert.title", width: "minmax(180px, 3fr)", cell: (l) => by === "entity" && l.alerts.length > 1 ?
      t("alerts.rules", { n: new Set(l.alerts.map((a) => a.rule)).size }) : <Title of={one(l).title} /> },
    { name: "entity", title: "alert.entity", width: "minmax(110px, 1.5fr)", cell: (l) => by === "rule" && entities(l) > 1 ?
      t("alerts.entities", { n: entities(l) }) : <Text of={one(l).entity} /> },
    { name: "count", title: by === "none" ? "alert.count" : "alert.alerts", width: "66px", end: true, from: 440, cell: (l) =>
      number(by === "none" ? one(l).count : l.alerts.length) },
    { name: "last", title: "alert.last", width: "104px", cell: (l) => <Ago at={one(l).last} /> },
    { name: "state", title: "alert.state", width: "132px", from: 760, cell: (l) => l.alerts.length > 1 ? <StateCount of={l.alerts} /> : <State of={one(l)} /> },
    { name: "assignee", title: "alert.assignee", width: "minmax(70px, 0.7fr)", from: 860, cell: (l) => <Text of={one(l).assignee ?? ""} /> },
  ];
}

function State({ of }: { of: Alert }) {
  return <Pill kind={`state-${of.state}`}>{t(`state.${of.state}`)}{of.hidden ? ` · ${t("alert.hidden")}` : ""}</Pill>;
}

function StateCount({ of }: { of: readonly Alert[] }) {
  return <span class="dim">{states.filter((s) => of.some((a) => a.state === s))
    .map((s) => `${of.filter((a) => a.state === s).length} ${t(`state.${s}`)}`).join(", ")}</span>;
}

/** The rows, older ones on demand, newer ones held back until asked for. */
function useAlerts(question: string) {
  const [rows, setRows] = useState<Alert[]>([]), [fresh, setFresh] = useState<Alert[]>([]);
  const [error, setError] = useState<Refused>(), [busy, setBusy] = useState(true), [whole, setWhole] = useState(false);
  const version = useVersion(1500), now = useRef({ rows, question });
  now.current = { rows, question };
  const ask = (more: object, n = PAGE): Promise<Alert[]> =>
    get<Alert>("alert.list", { ...(JSON.parse(question) as object), ...more, limit: n });
  const first = (): void => {
    setBusy(true);
    ask({}).then((told) => {
      if (now.current.question !== question) return;
      setRows(told); setFresh([]); setWhole(told.length < PAGE); setError(undefined); setBusy(false);
    }, (e: unknown) => { if (now.current.question === question) { setError(e as Refused); setBusy(false); } });
  };
  useEffect(first, [question]);
  // What has changed: rows that are shown change where they stand; new ones wait.
  useEffect(() => {
    if (busy || error) return;
    const n = Math.min(MOST, Math.max(PAGE, now.current.rows.length));
    ask({}, n).then((told) => {
      if (now.current.question !== question) return;
      const by = new Map(told.map((a) => [a.id, a])), have = new Set(now.current.rows.map((a) => a.id));
      const oldest = now.current.rows[now.current.rows.length - 1]?.last ?? "";
      setRows(now.current.rows.flatMap((a) => by.get(a.id) ?? (told.length < n || a.last > (told[told.length - 1]?.last ?? "") ? [] : [a])));
      setFresh(told.filter((a) => !have.has(a.id) && (a.last >= oldest || now.current.rows.length < PAGE)));
    }, () => { /* the next one tells */ });
  }, [version]);
  const more = (): void => {
    const last = rows[rows.length - 1];
    if (!last || whole || busy || rows.length >= MOST) return;
    setBusy(true);
    ask({ before: last.last, below: last.id }).then((told) => {
      if (now.current.question !== question) return;
      setRows([...now.current.rows, ...told]); setWhole(told.length < PAGE); setBusy(false);
    }, (e: unknown) => { setError(e as Refused); setBusy(false); });
  };
  const show = (): void => { setRows([...fresh, ...rows].sort((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : b.id - a.id))); setFresh([]); };
  const change = (ids: ReadonlySet<number>, to: Partial<Alert>): void => setRows(now.current.rows.map((a) => (ids.has(a.id) ? { ...a, ...to } : a)));
  const drop = (ids: ReadonlySet<number>): void => setRows(now.current.rows.filter((a) => !ids.has(a.id)));
  return { rows, fresh, error, busy, whole, first, more, show, change, drop };
}

export function Alerts() {
  const { query } = usePlace(), q = useMemo(() => given(query), [query]), by = (groupings.find((g) => g === query.get("group")) ?? "none");
  const a = useAlerts(JSON.stringify(q)), lines = useMemo(() => group(a.rows, by), [a.rows, by]);
  const [at, setAt] = useState(0), [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [pane, setPane] = useState(query.has("alert")), filter = useRef<HTMLInputElement>(null);
  useStore(desk);
  useStore(density);
  const here = Math.min(at, Math.max(0, lines.length - 1)), line = lines[here];
  const wanted = Number(query.get("alert")), shown = pane ? line?.alerts.find((x) => x.id === wanted) ?? line?.alerts[0] : undefined;

  // The address names the alert that is open; when it came by a link, the row goes there.
  useEffect(() => {
    const i = wanted ? lines.findIndex((l) => l.alerts.some((x) => x.id === wanted)) : -1;
    if (i >= 0 && i !== here) setAt(i);
  }, [a.busy]);
  useEffect(() => { setMarked(new Set()); setAt(0); }, [JSON.stringify(q), by]);

  const open = (l: Line | undefined): void => { if (l) { setPane(true); turn({ alert: (l.alerts[0] as Alert).id }, true); } };
  const shut = (): void => { setPane(false); turn({ alert: null }, true); };
  const move = (step: number, extend = false): void => {
    const next = Math.max(0, Math.min(lines.length - 1, here + step)), l = lines[next];
    if (extend && line && l) setMarked(new Set([...marked, line.id, l.id]));
    setAt(next);
    if (pane && l) turn({ alert: (l.alerts[0] as Alert).id }, true);
  };
  const mark = (l: Line | undefined): void => {
    if (!l) return;
    const next = new Set(marked);
    if (!next.delete(l.id)) next.add(l.id);
    setMarked(next);
  };
  const chosen = (): Alert[] => {
    const from = marked.size > 0 ? lines.filter((l) => marked.has(l.id)) : line ? [line] : [];
    return from.flatMap((l) => l.alerts).slice(0, ACT);
  };
  /** On the screen at once, and taken back when the server refuses. */
  const change = (name: string, more: object, to: Partial<Alert>): void => {
    const alerts = chosen(), ids = new Set(alerts.map((x) => x.id));
    if (alerts.length === 0) return;
    a.change(ids, to);
    setMarked(new Set());
    doAct(name, { alerts: [...ids], ...more }, { said: t(`act.${name}.done`, { n: ids.size }) })
      .catch((e: unknown) => { complain(e); a.first(); });
  };
  const decide = (verdict?: string): void => {
    const alerts = chosen(), ids = new Set(alerts.map((x) => x.id));
    if (alerts.length === 0) return;
    closeForm(alerts, verdict, (how) => {
      if (q["state"] !== "closed" && q["state"] !== "all") a.drop(ids);
      setMarked(new Set());
      act("alert.close", { alerts: [...ids], ...how }).then((done) => say(t("act.alert.close.done", { n: ids.size }), done),
        (e: unknown) => { complain(e); a.first(); });
    });
  };
  const escalate = (): void => {
    const alerts = chosen();
    if (alerts.length > 0) actForm("alert.escalate", { alerts: alerts.map((x) => x.id), title: alerts[0]?.title }, { done: () => setMarked(new Set()) });
  };
  const dead = !mayTriage() || lines.length === 0;
  useKeys("page.alerts", [
    { key: "j", label: "keys.down", run: () => move(1), quiet: true },
    { key: "k", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "ArrowDown", label: "keys.down", run: () => move(1), quiet: true },
    { key: "ArrowUp", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "Home", label: "keys.first", run: () => move(-lines.length), quiet: true },
    { key: "End", label: "keys.last", run: () => move(lines.length), quiet: true },
    { key: "Shift+J", label: "keys.markdown", run: () => move(1, true), quiet: true },
    { key: "Shift+K", label: "keys.markup", run: () => move(-1, true), quiet: true },
    { key: "Enter", label: "keys.open", run: () => open(line), quiet: true },
    { key: "o", label: "keys.open", run: () => (pane ? shut() : open(line)), quiet: true },
    { key: "Escape", label: "keys.back", run: () => (marked.size > 0 ? setMarked(new Set()) : shut()), quiet: true },
    { key: "x", label: "keys.mark", run: () => mark(line), off: lines.length === 0 },
    { key: "Shift+X", label: "keys.markall", run: () => setMarked(new Set(marked.size === lines.length ? [] : lines.map((l) => l.id))) },
    { key: "a", label: "act.alert.acknowledge", off: dead, run: () => change("alert.acknowledge", {}, { state: "acknowledged" }) },
    { key: "m", label: "alerts.mine", off: dead, run: () => change("alert.assign", {}, { assignee: me.get()?.name ?? null }) },
    { key: "Shift+M", label: "act.alert.assign", off: dead, run: () => actForm("alert.assign", { alerts: chosen().map((x) => x.id) }) },
    { key: "i", label: "act.alert.investigate", off: dead, run: () => change("alert.investigate", {}, { state: "investigating" }) },
    { key: "c", label: "act.alert.close", off: dead, run: () => decide() },
    ...verdicts.map((v, i) => ({ key: String(i + 1), label: `verdict.close.${v}`, off: dead, run: () => decide(v) })),
    { key: "e", label: "act.alert.escalate", off: dead, run: escalate },
    { key: "s", label: "act.suppression.add", off: dead, run: () => actForm("suppression.add", { rule: line?.alerts[0]?.rule ?? "", entity: line?.alerts[0]?.entity ?? "" }) },
    { key: "n", label: "act.note.add", off: !mayWork() || lines.length === 0, run: () => actForm("note.add", { alert: line?.alerts[0]?.id }) },
    { key: "r", label: "act.alert.reopen", off: dead, run: () => actForm("alert.reopen", { alerts: chosen().map((x) => x.id) }) },
    { key: "/", label: "keys.filter", run: () => filter.current?.focus() },
    { key: ".", label: "keys.fresh", run: a.show, off: a.fresh.length === 0 },
    { key: "v", label: "keys.group", run: () => turn({ group: groupings[(groupings.indexOf(by) + 1) % groupings.length] }) },
    { label: "act.alert.open", off: !mayWork(), run: () => actForm("alert.open") },
  ]);
  return (
    <div class={`queue ${shown ? "split" : ""}`}>
      <div class="left">
        <header class="bar">
          <h1>{t("page.alerts")}</h1>
          <Filters by={by} input={filter} />
        </header>
        <Problem of={a.error} again={a.first} />
        {a.fresh.length > 0 && <button type="button" class="fresh" onClick={a.show}>{t("alerts.fresh", { n: a.fresh.length })} <kbd>.</kbd></button>}
        {marked.size > 0 && <div class="bulk" role="status">{t("alerts.marked", { n: chosen().length })}
          <button type="button" onClick={() => change("alert.acknowledge", {}, { state: "acknowledged" })}>{t("act.alert.acknowledge")} <kbd>a</kbd></button>
          <button type="button" onClick={() => decide()}>{t("act.alert.close")} <kbd>c</kbd></button>
          <button type="button" onClick={escalate}>{t("act.alert.escalate")} <kbd>e</kbd></button>
          <button type="button" class="plain" onClick={() => setMarked(new Set())}>{t("alerts.unmark")}</button></div>}
        {lines.length === 0 && !a.busy && !a.error ? <p class="empty">{t("alerts.none")}</p> :
          <List label={t("page.alerts")} rows={lines} columns={columns(by)} id={(l) => l.id} at={here} height={rowHeight()}
            setAt={(i) => setAt(i)} open={open} marked={marked} mark={mark} more={a.more}
            kind={(l) => (l.alerts.every((x) => x.state === "closed") ? "over" : l.alerts.some((x) => x.state === "new") ? "unread" : "")} />}
        <footer class="foot dim">{t(a.whole ? "alerts.all" : "alerts.some", { n: number(a.rows.length) })}</footer>
      </div>
      {shown && <AlertPane alert={shown} others={line?.alerts ?? []} close={shut} decide={decide} escalate={escalate} />}
    </div>
  );
}
