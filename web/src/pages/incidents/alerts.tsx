// The alerts that show an incident; some of them may be another one, or none of it.
import { useState } from "preact/hooks";
import { Alert } from "../../lib/alert";
import { mayWork, Whole } from "../../lib/incident";
import { number, t, tv } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { go } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Level, Part, Problem, When } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Title } from "../../ui/title";
import { complain } from "../../ui/toast";
import { Value } from "../../ui/value";
import { Do, goTo } from "./bits";

export function AlertsPart({ of }: { of: Whole }) {
  const told = useView<Alert>("alert.list", { incident: of.id, state: "all", limit: 1000 }), may = mayWork(), rows = told.rows ?? [];
  const [marked, setMarked] = useState<ReadonlySet<number>>(new Set());
  const link = (a: Alert): string => `/alerts?state=all&incident=${of.id}&alert=${a.id}`, r = useRows(rows, (a) => a.id, (a) => go(link(a)));
  const mark = (a: Alert | undefined): void => {
    if (!a) return;
    const next = new Set(marked);
    if (!next.delete(a.id)) next.add(a.id);
    setMarked(next);
  };
  const chosen = (): number[] => (marked.size > 0 ? rows.filter((a) => marked.has(a.id)).map((a) => a.id) : r.row ? [r.row.id] : []);
  const done = { done: () => setMarked(new Set()) };
  const split = (): void => actForm("incident.split", { incident: of.id, alerts: chosen(), title: rows.find((a) => chosen().includes(a.id))?.title ?? "" }, { done: goTo });
  const take = (): void => void doAct("incident.alerts", { incident: of.id, remove: chosen() }, done).catch(complain);
  const dead = !may || rows.length === 0;
  useKeys("incident.part.alerts", [
    ...r.keys,
    { key: "x", label: "keys.mark", off: !r.row, run: () => mark(r.row) },
    { key: "y", label: "act.incident.split", off: dead, run: split },
    { key: "Delete", label: "incident.take", off: dead, run: take },
  ]);
  return (
    <Part title={t("incident.part.alerts")} side={<span>{may && <><Do label={t("act.incident.split")} k="y" off={dead} run={split} /> <Do label={t("incident.take")} off={dead} run={take} /> </>}
      <a href={`/alerts?state=all&incident=${of.id}`}>{t("incident.inqueue")}</a></span>}>
      <Problem of={told.error} again={told.again} />
      <Table label={t("incident.part.alerts")} rows={rows} at={r.at} empty={t(told.busy ? "incidents.busy" : "incident.noalerts")} cols={[
        { title: "ui.mark", cell: (a) => <input type="checkbox" checked={marked.has(a.id)} aria-label={t("ui.mark")} onClick={() => mark(a)} /> },
        { title: "alert.level", cell: (a) => <Level of={a.level} /> },
        { title: "alert.title", cell: (a) => <a href={link(a)}><Title of={a.title} /></a> },
        { title: "alert.entity", cell: (a) => <Value of={a.entity} field="host" /> },
        { title: "alert.count", end: true, cell: (a) => number(a.count) },
        { title: "alert.state", cell: (a) => tv("state", a.state) },
        { title: "alert.verdict", cell: (a) => tv("verdict", a.verdict) },
        { title: "alert.last", cell: (a) => <When at={a.last} /> }]} />
    </Part>
  );
}
