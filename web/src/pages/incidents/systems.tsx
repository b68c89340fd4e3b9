// The systems that an incident touches: whose they are, their level, who is called.
import { Row } from "../../lib/api";
import { isOver, mayWork, System, Whole } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useSystems } from "../../lib/names";
import { useRows } from "../../lib/rows";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Ago, Part } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Do } from "./bits";
import { makePhieu } from "./phieu";

function Contacts({ of }: { of: System }) {
  const told = useView<Row>("contact.list", { agency: of.operator || of.owner, limit: 50 }, 30000);
  return (
    <Part title={t("incident.system.contacts", { name: of.operator_name || of.owner_name })}>
      <Table label={t("incident.system.contacts", { name: of.operator_name || of.owner_name })} rows={told.rows ?? []} empty={t(told.busy ? "incidents.busy" : "incident.system.nocontacts")} cols={[
        { title: "incident.contact.name", cell: (c) => <Text of={c["name"]} /> }, { title: "incident.contact.title", cell: (c) => <Text of={c["title"]} /> },
        { title: "incident.contact.phone", cell: (c) => (c["phone"] ? <a href={`tel:${String(c["phone"]).replace(/[^+\d]/g, "")}`}><Text of={c["phone"]} /></a> : "–") },
        { title: "incident.contact.email", cell: (c) => <Text of={c["email"]} /> },
        { title: "incident.contact.confirmed", cell: (c) => <Ago at={c["confirmed"] as string | null} /> }]} />
    </Part>
  );
}

export function SystemsPart({ of }: { of: Whole }) {
  const all = useSystems(), rows = of.systems.map((id) => all.find((s) => s.id === id)).filter((s): s is System => !!s);
  const may = mayWork() && !isOver(of), r = useRows(rows, (s) => s.id);
  const change = (): void => actForm("incident.systems", { incident: of.id });
  useKeys("incident.part.systems", [
    ...r.keys,
    { key: "a", label: "act.incident.systems", off: !may, run: change },
    { key: "f", label: "phieu.make", off: !mayWork() || !r.row, run: () => makePhieu(of, r.row) },
  ]);
  return (
    <>
      <Part title={t("incident.part.systems")} side={may && <Do label={t("act.incident.systems")} k="a" run={change} />}>
        <Table label={t("incident.part.systems")} rows={rows} at={r.at} empty={t("incident.nosystems")} cols={[
          { title: "incident.system.code", cell: (s) => <Text of={s.code} /> }, { title: "incident.system.name", cell: (s) => <Text of={s.name} /> },
          { title: "incident.level", cell: (s) => s.level ?? "–" }, { title: "incident.system.owner", cell: (s) => <Text of={s.owner_name} /> },
          { title: "incident.system.operator", cell: (s) => <Text of={s.operator_name} /> }, { title: "incident.system.status", cell: (s) => t(`incident.system.status.${s.status}`) },
          { title: "ui.acts", cell: (s) => mayWork() && <Do label={t("phieu.make")} run={() => makePhieu(of, s)} /> }]} />
      </Part>
      {rows.map((s) => <Contacts of={s} key={s.id} />)}
    </>
  );
}
