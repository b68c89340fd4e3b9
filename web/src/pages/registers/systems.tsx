// Systems: whose they are, what level, what watches them; one with everything about it.
import { useMemo } from "preact/hooks";
import { Alert } from "../../lib/alert";
import { Row } from "../../lib/api";
import { Incident, mayWork } from "../../lib/incident";
import { number, t, tv } from "../../lib/i18n";
import { Command } from "../../lib/keys";
import { useMay } from "../../lib/may";
import { useAgencies } from "../../lib/names";
import { Contact, Machine, Owned, WholeSystem } from "../../lib/registry";
import { usePlace } from "../../lib/router";
import { useView } from "../../lib/use";
import { actForm, choiceText } from "../../ui/act";
import { Ago, Facts, Level, Part, Pill, Problem } from "../../ui/bits";
import { Column } from "../../ui/list";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Title } from "../../ui/title";
import { kindOf } from "../sources/pane";
import { Owed, People } from "./agencies";
import { Choice, date, Link, MOST, Pane, Shelf, useFilter } from "./shelf";

const choice = (field: string, value: string): string => choiceText("system.add", field, value);
const statuses = ["building", "operating", "retired"] as const;
const levels = [1, 2, 3, 4, 5] as const;

function Status({ of }: { of: string }) {
  return <Pill kind={of === "operating" ? "good" : of === "retired" ? "" : "warn"}>{choice("status", of)}</Pill>;
}

const columns: Column<Owned>[] = [
  { name: "code", title: "field.code", width: "150px", from: 560, cell: (s) => <Text of={s.code} /> },
  { name: "title", title: "field.name", width: "minmax(180px, 2.4fr)", cell: (s) => <Text of={s.name} /> },
  { name: "level", title: "registers.level", width: "78px", cell: (s) => s.level ?? <span class="warntext">{t("registers.nolevel")}</span> },
  { name: "owner", title: "field.owner", width: "minmax(120px, 1.3fr)", from: 700, cell: (s) => <Text of={s.owner_name} /> },
  { name: "operator", title: "field.operator", width: "minmax(120px, 1.3fr)", from: 1000, cell: (s) => (s.operator === s.owner ? <span class="dim">{t("registers.same")}</span> : <Text of={s.operator_name} />) },
  { name: "status", title: "field.status", width: "128px", from: 860, cell: (s) => <Status of={s.status} /> },
  { name: "machines", title: "registers.machine", width: "64px", end: true, from: 640, cell: (s) => s.machines || "" },
  { name: "sources", title: "page.sources", width: "92px", end: true, cell: (s) => (s.sources ? number(s.sources) : <span class="warntext">{t("registers.unwatched")}</span>) },
];

/** The form of a change shows what is there; of the list alone little is known. */
function acts(s: Pick<Owned, "id" | "code" | "name" | "type" | "level" | "status"> | undefined, may: (act: string) => boolean, whole?: WholeSystem): Command[] {
  const no = (act: string): boolean => !s || !may(act), retired = s?.status === "retired", of = (role: string): number | undefined => whole?.agencies?.find((a) => a.role === role && !a.valid_to)?.agency;
  const d = whole?.described, about = whole && { information: whole.information ?? [], decision: whole.decision, decided: whole.decided, retention: whole.retention,
    domains: (whole.domains ?? []).join(" "), networks: (whole.networks ?? []).join(" "), provider: whole.provider, owner: of("owner"), operator: of("operator") };
  return [
    { key: "e", label: "act.system.change", off: no("system.change") || retired || !whole, run: () => actForm("system.change", { system: s?.id, code: s?.code, name: s?.name, type: s?.type, level: s?.level,
      status: s?.status, ...about }, { open: ["level", "retention", "owner", "operator"] }) },
    { key: "i", label: "act.system.describe", off: no("system.describe") || retired || !whole, run: () => actForm("system.describe", { system: s?.id, purpose: d?.purpose, services: d?.services ?? [], protection: d?.protection ?? [],
      connection: d?.connection, security: d?.security }) },
    { key: "m", label: "act.machine.add", off: no("machine.add") || retired, run: () => actForm("machine.add", { system: s?.id }, { open: ["system"] }) },
    { key: "a", label: "act.source.assign", off: no("source.assign") || retired, run: () => actForm("source.assign", { system: s?.id }, { open: ["system"] }) },
    { key: "f", label: "act.phieu.make", off: !s || !mayWork() || retired || !whole, run: () => actForm("phieu.make", { kind: "request", agency: of("operator") ?? of("owner"), system: s?.id,
      due: new Date(Date.now() + 86400000).toISOString() }, { open: ["agency", "system"] }) },
    { key: "d", label: "act.system.retire", off: no("system.retire") || retired, run: () => actForm("system.retire", { system: s?.id }) },
  ];
}

function Whose({ of }: { of: WholeSystem }) {
  return (
    <Part title={t("registers.whose")}>
      <Table label={t("registers.whose")} rows={of.agencies ?? []} empty={t("ui.nothing")} kind={(a) => (a.valid_to ? "over" : "")} cols={[
        { title: "registers.role", cell: (a) => t(`field.${a.role}`) }, { title: "field.agency", cell: (a) => <Link to="agency" id={a.agency}><Text of={a.name} /></Link> },
        { title: "field.since", cell: (a) => date(a.valid_from) || "–" }, { title: "field.to", cell: (a) => date(a.valid_to) || "–" },
        { title: "registers.heir", cell: (a) => (a.heir && a.heir !== a.agency ? <Link to="agency" id={a.heir}>#{a.heir}</Link> : "") }]} />
    </Part>
  );
}

function Contacts({ of }: { of: WholeSystem }) {
  const today = (of.agencies ?? []).filter((a) => !a.valid_to), who = today.find((a) => a.role === "operator") ?? today[0];
  const told = useView<Contact>("contact.list", who ? { agency: who.heir ?? who.agency, limit: 50 } : null, 30000);
  if (!who) return null;
  const title = t("incident.system.contacts", { name: who.name });
  return <Part title={title}><Problem of={told.error} /><People of={told.rows ?? []} title={title} empty={t(told.busy ? "incidents.busy" : "incident.system.nocontacts")} /></Part>;
}

function Watched({ id }: { id: number }) {
  const sources = useView<Row>("source.list", { system: id, limit: 200 }, 10000);
  return (
    <Part title={t("page.sources")}>
      <Problem of={sources.error} />
      <Table label={t("page.sources")} rows={sources.rows ?? []} empty={t(sources.busy ? "incidents.busy" : "registers.nosources")} cols={[
        { title: "source.name", cell: (r) => <a href={`/sources?text=${encodeURIComponent(String(r["source"]))}`}><Text of={r["source"]} /></a> },
        { title: "source.state", cell: (r) => (r["state"] ? <Pill kind={kindOf(String(r["state"]))}>{t(`source.state.${String(r["state"])}`)}</Pill> : <span class="dim">{t("source.state.never")}</span>) },
        { title: "source.last", cell: (r) => <Ago at={r["last"] as string | null} /> }]} />
    </Part>
  );
}

function Happening({ id }: { id: number }) {
  const alerts = useView<Alert>("alert.list", { system: id, limit: 100 }, 5000), incidents = useView<Incident>("incident.list", { system: id, limit: 50 }, 5000);
  return (
    <>
      <Part title={t("registers.alerts")} side={<a href={`/alerts?system=${id}`}>{t("entity.queue")}</a>}>
        <Problem of={alerts.error} />
        <Table label={t("registers.alerts")} rows={alerts.rows ?? []} empty={t(alerts.busy ? "incidents.busy" : "registers.noalerts")} cols={[
          { title: "alert.level", cell: (a) => <Level of={a.level} word={false} /> }, { title: "alert.title", cell: (a) => <a href={`/alerts?system=${id}&alert=${a.id}`}><Title of={a.title} /></a> },
          { title: "alert.entity", cell: (a) => <Text of={a.entity} /> }, { title: "alert.state", cell: (a) => tv("state", a.state) }, { title: "alert.last", cell: (a) => <Ago at={a.last} /> }]} />
      </Part>
      <Part title={t("registers.incidents")} side={<a href={`/incidents?state=any&system=${id}`}>{t("registers.allincidents")}</a>}>
        <Problem of={incidents.error} />
        <Table label={t("registers.incidents")} rows={incidents.rows ?? []} empty={t(incidents.busy ? "incidents.busy" : "registers.noincidents")} cols={[
          { title: "registers.number", cell: (i) => <a href={`/incidents/${i.id}`}><Text of={i.number} /></a> }, { title: "field.title", cell: (i) => <Text of={i.title} /> },
          { title: "alert.state", cell: (i) => t(`incident.stage.${i.state}`) }]} />
      </Part>
    </>
  );
}

function Machines({ id, count }: { id: number; count: number }) {
  const told = useView<Machine>("machine.list", { system: id, limit: 200 }, 10000), rows = told.rows ?? [];
  return (
    <Part title={t("registers.machine")} side={count > rows.length && <a href={`/registers/machines?system=${id}`}>{t("registers.all", { n: number(count) })}</a>}>
      <Problem of={told.error} />
      <Table label={t("registers.machine")} rows={rows} empty={t(told.busy ? "incidents.busy" : "registers.nomachines")} cols={[
        { title: "field.name", cell: (m) => <Link to="machine" id={m.id}><Text of={m.name} /></Link> }, { title: "field.kind", cell: (m) => choiceText("machine.add", "kind", m.kind) },
        { title: "field.addresses", cell: (m) => <Text of={(m.addresses ?? []).join(" ")} /> }, { title: "field.importance", cell: (m) => choiceText("machine.add", "importance", m.importance) }]} />
    </Part>
  );
}

function Described({ of }: { of: WholeSystem }) {
  const d = of.described;
  if (!d) return null;
  return (
    <Part title={t("registers.described")}>
      <Facts rows={[[t("field.purpose"), d.purpose && <Text of={d.purpose} />], [t("field.services"), (d.services ?? []).map((x) => choiceText("system.describe", "services", x)).join(", ")],
        [t("field.protection"), (d.protection ?? []).map((x) => choiceText("system.describe", "protection", x)).join(", ")], [t("field.connection"), d.connection && <Text of={d.connection} />],
        [t("field.security"), d.security && <Text of={d.security} />]]} />
    </Part>
  );
}

/** The acts of the one that is open; the list's keys do the same. */
function useWhole(id: number): { s: WholeSystem | undefined; told: ReturnType<typeof useView<WholeSystem>> } {
  const told = useView<WholeSystem>("system.show", id ? { system: id } : null, 5000);
  return { s: told.rows?.find((x) => x.id === id), told };
}

function One({ id }: { id: number }) {
  const { s, told } = useWhole(id), may = useMay();
  if (!s) return <Pane of="system" title={told.busy ? "…" : t("registers.gone")} acts={[]}><Problem of={told.error} again={told.again} /></Pane>;
  return (
    <Pane of="system" title={s.name} acts={acts(s, may, s)}>
      <Facts rows={[
        [t("field.code"), <Text of={s.code} />], [t("registers.level"), s.level ?? t("registers.nolevel")], [t("field.status"), <Status of={s.status} />], [t("field.retired"), date(s.retired)],
        [t("field.type"), choice("type", s.type)], [t("field.information"), (s.information ?? []).map((x) => choice("information", x)).join(", ")],
        [t("field.decision"), s.decision && <Text of={s.decision} />], [t("field.decided"), date(s.decided)], [t("field.retention"), s.retention != null && number(s.retention)],
        [t("field.domains"), s.domains?.length ? <Text of={s.domains.join(" ")} /> : null], [t("field.networks"), s.networks?.length ? <Text of={s.networks.join(" ")} /> : null],
        [t("field.provider"), s.provider && <Text of={s.provider} />]]} />
      <Whose of={s} />
      <Happening id={id} />
      <Owed by="system" id={id} />
      <Contacts of={s} />
      <Watched id={id} />
      <Machines id={id} count={s.machines} />
      <Described of={s} />
    </Pane>
  );
}

export function Systems() {
  const { query } = usePlace(), text = useFilter(), agencies = useAgencies(), may = useMay(), wanted = Number(query.get("system"));
  const [level, status, agency] = ["level", "status", "agency"].map((n) => query.get(n) ?? "");
  const given = useMemo(() => ({ text, level, status, agency, limit: MOST }), [text, level, status, agency]), told = useView<Owned>("system.list", given, 5000), whole = useWhole(wanted).s;
  return <Shelf of="system" told={told} columns={columns} kind={(s) => (s.status === "retired" ? "over" : "")}
    add={may("system.add") ? () => actForm("system.add") : undefined} acts={(s) => acts(s, may, whole?.id === s?.id ? whole : undefined)} pane={(id) => <One id={id} key={id} />}
    filters={<>
      <Choice shelf="system" name="agency" label={t("field.agency")} any={t("registers.anyagency")} of={agencies.map((a) => [a.id, a.name])} />
      <Choice shelf="system" name="level" label={t("registers.level")} any={t("registers.anylevel")} of={levels.map((n) => [n, t("my.level", { n })])} />
      <Choice shelf="system" name="status" label={t("field.status")} any={t("registers.notretired")} of={statuses.map((s) => [s, choice("status", s)])} /></>} />;
}
