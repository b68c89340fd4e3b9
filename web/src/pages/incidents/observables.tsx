// What the attack can be told by, and where else it was seen.
import { useState } from "preact/hooks";
import { mayWork, Observable, Whole } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useRows } from "../../lib/rows";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Ago, Part, Problem } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Value } from "../../ui/value";
import { Do } from "./bits";

/** The field of an event that such a value is found in, for the menu. */
const fields: Record<string, string> = { "ipv4-addr": "address", "ipv6-addr": "address", "domain-name": "domain", process: "process" };

function Elsewhere({ of }: { of: Observable }) {
  const told = useView<Observable>("observable.list", { value: of.value, type: of.type, limit: 100 }, 10000);
  const others = (told.rows ?? []).filter((o) => o.incident !== of.incident);
  return <><Problem of={told.error} /><ul class="short">{others.map((o) => <li><a href={`/incidents/${o.incident}?part=observables`}><Text of={o.number} /></a> <span class="dim"><Text of={o.note ?? ""} /> <Ago at={o.added} /></span></li>)}</ul></>;
}

export function ObservablesPart({ of }: { of: Whole }) {
  const told = useView<Observable>("observable.list", { incident: of.id, limit: 1000 }), may = mayWork(), rows = told.rows ?? [];
  const [seen, see] = useState<number | null>(null), add = (): void => actForm("observable.add", { incident: of.id });
  const show = (o: Observable): void => { if (o.others > 0) see(seen === o.id ? null : o.id); };
  const r = useRows(rows, (o) => o.id, show);
  useKeys("incident.part.observables", [
    ...r.keys,
    { key: "a", label: "act.observable.add", off: !may, run: add },
    { key: "x", label: "act.observable.remove", off: !may || !r.row, run: () => actForm("observable.remove", { observable: r.row?.id }) },
  ]);
  return (
    <Part title={t("incident.part.observables")} side={may && <Do label={t("act.observable.add")} k="a" run={add} />}>
      <Problem of={told.error} again={told.again} />
      <Table label={t("incident.part.observables")} rows={rows} at={r.at} empty={t(told.busy ? "incidents.busy" : "incident.observable.none")} cols={[
        { title: "incident.observable.type", cell: (o) => t(`incident.observable.type.${o.type}`) },
        { title: "incident.observable.value", cell: (o) => <Value of={o.value} field={fields[o.type]} /> },
        { title: "incident.observable.note", cell: (o) => <Text of={o.note ?? ""} /> },
        { title: "incident.observable.others", cell: (o) => (o.others > 0 ? <>
          <button type="button" class="plain" aria-expanded={seen === o.id} onClick={() => show(o)}>{t("incident.observable.seen", { n: o.others })}</button>
          {seen === o.id && <Elsewhere of={o} />}</> : <span class="dim">{t("incident.observable.alone")}</span>) },
        { title: "incident.observable.added", cell: (o) => <Ago at={o.added} /> },
        { title: "ui.acts", cell: (o) => may && <button type="button" class="plain" onClick={() => actForm("observable.remove", { observable: o.id })}>{t("act.observable.remove")}</button> }]} />
    </Part>
  );
}
