// Machines: by which name and address their logs know them, and of which system they are.
import { useMemo } from "preact/hooks";
import { Alert } from "../../lib/alert";
import { get } from "../../lib/api";
import { t, tv } from "../../lib/i18n";
import { Command } from "../../lib/keys";
import { useMay } from "../../lib/may";
import { useNames, useSystems } from "../../lib/names";
import { Machine, machine } from "../../lib/registry";
import { usePlace } from "../../lib/router";
import { useAsk, useVersion, useView } from "../../lib/use";
import { actForm, choiceText } from "../../ui/act";
import { Ago, Facts, Level, Part, Pill, Problem } from "../../ui/bits";
import { Column } from "../../ui/list";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Title } from "../../ui/title";
import { Value } from "../../ui/value";
import { Choice, Link, MOST, Pane, Shelf, useFilter } from "./shelf";

const ADDRESSES = 4; // of which alerts are looked for

const choice = (field: string, value: string): string => choiceText("machine.add", field, value);

function Importance({ of }: { of: string }) {
  return <Pill kind={of === "critical" ? "bad" : of === "high" ? "warn" : ""}>{choice("importance", of)}</Pill>;
}

const columns: Column<Machine>[] = [
  { name: "title", title: "field.name", width: "minmax(140px, 1.4fr)", cell: (m) => <Text of={m.name} /> },
  { name: "kind", title: "field.kind", width: "130px", from: 560, cell: (m) => choice("kind", m.kind) },
  { name: "addresses", title: "field.addresses", width: "minmax(130px, 1.4fr)", cell: (m) => <Text of={(m.addresses ?? []).join(" ")} /> },
  { name: "system", title: "field.system", width: "minmax(120px, 1fr)", from: 480, cell: (m) => <Text of={m.system_code} /> },
  { name: "os", title: "field.os", width: "minmax(120px, 1fr)", from: 860, cell: (m) => <Text of={m.os} /> },
  { name: "importance", title: "field.importance", width: "112px", from: 700, cell: (m) => <Importance of={m.importance} /> },
];

function acts(m: Machine | undefined, may: (act: string) => boolean): Command[] {
  const no = (act: string): boolean => !m || !may(act);
  return [
    { key: "e", label: "act.machine.change", off: no("machine.change"), run: () => actForm("machine.change", { machine: m?.id, system: m?.system, name: m?.name, kind: m?.kind,
      addresses: (m?.addresses ?? []).join(" "), macs: (m?.macs ?? []).join(" "), os: m?.os, importance: m?.importance }, { open: ["system"] }) },
    { key: "d", label: "act.machine.retire", off: no("machine.retire"), run: () => actForm("machine.retire", { machine: m?.id }) },
  ];
}

/** Open alerts that name it, or an address of its. */
function useAlerts(m: Machine | undefined) {
  const version = useVersion(5000), keys = m ? [m.name, ...(m.addresses ?? []).slice(0, ADDRESSES)] : [];
  return useAsk(async (signal) => (await Promise.all(keys.map((entity) => get<Alert>("alert.list", { entity, limit: 50 }, signal)))).flat()
    .sort((a, b) => (a.last < b.last ? 1 : -1)), [keys.join(" "), version]);
}

function One({ id }: { id: number }) {
  const told = useAsk((s) => machine(id, s), [id, useVersion(5000)]), m = told.rows, may = useMay(), alerts = useAlerts(m), names = useNames();
  if (!m) return <Pane of="machine" title={told.busy ? "…" : t("registers.gone")} acts={[]}><Problem of={told.error} again={told.again} /></Pane>;
  return (
    <Pane of="machine" title={m.name} acts={acts(m, may)}>
      <p><a href={`/entity?kind=host&key=${encodeURIComponent(m.name.toLowerCase())}`}>{t("registers.entity")}</a></p>
      <Facts rows={[
        [t("field.system"), <Link to="system" id={m.system}><Text of={m.system_code} /> · <Text of={names.system(m.system)} /></Link>], [t("field.kind"), choice("kind", m.kind)],
        [t("field.addresses"), (m.addresses ?? []).length > 0 && (m.addresses ?? []).map((a) => <Value of={a} field="ip" />)], [t("field.macs"), m.macs?.length ? <Text of={m.macs.join(" ")} /> : null],
        [t("field.os"), m.os && <Text of={m.os} />], [t("field.importance"), <Importance of={m.importance} />]]} />
      <Part title={t("registers.alerts")}>
        <Problem of={alerts.error} />
        <Table label={t("registers.alerts")} rows={alerts.rows ?? []} empty={t(alerts.busy ? "incidents.busy" : "registers.noalerts")} cols={[
          { title: "alert.level", cell: (a) => <Level of={a.level} word={false} /> }, { title: "alert.title", cell: (a) => <a href={`/alerts?entity=${encodeURIComponent(a.entity)}&alert=${a.id}`}><Title of={a.title} /></a> },
          { title: "alert.entity", cell: (a) => <Text of={a.entity} /> }, { title: "alert.state", cell: (a) => tv("state", a.state) }, { title: "alert.last", cell: (a) => <Ago at={a.last} /> }]} />
      </Part>
    </Pane>
  );
}

export function Machines() {
  const { query } = usePlace(), text = useFilter(), system = query.get("system") ?? "", systems = useSystems(), may = useMay();
  const given = useMemo(() => ({ text, system, limit: MOST }), [text, system]), told = useView<Machine>("machine.list", given, 5000);
  return <Shelf of="machine" told={told} columns={columns} add={may("machine.add") ? () => actForm("machine.add", system ? { system: Number(system) } : {}, { open: ["system"] }) : undefined}
    acts={(m) => acts(m, may)} pane={(id) => <One id={id} key={id} />}
    filters={<Choice shelf="machine" name="system" label={t("field.system")} any={t("registers.anysystem")} of={systems.map((s) => [s.id, `${s.code} · ${s.name}`])} />} />;
}
