// Agencies: a tree of those that are there, and of what they were made from.
import { useMemo } from "preact/hooks";
import { Phieu } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { Command } from "../../lib/keys";
import { useMay } from "../../lib/may";
import { Agency, Person, WholeAgency } from "../../lib/registry";
import { usePlace } from "../../lib/router";
import { useView } from "../../lib/use";
import { actForm, choiceText } from "../../ui/act";
import { Facts, Left, Part, Pill, Problem } from "../../ui/bits";
import { Column } from "../../ui/list";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { PhieuState } from "../phieu/bits";
import { Choice, date, Link, MOST, Pane, Shelf, useFilter } from "./shelf";

const kind = (of: string): string => choiceText("agency.add", "kind", of);

const columns: Column<Agency>[] = [
  { name: "title", title: "field.name", width: "minmax(200px, 3fr)", cell: (a) => <span class="branch" style={{ paddingLeft: `${a.depth * 16}px` }}>{a.depth > 0 && <span class="dim" aria-hidden="true">└ </span>}<Text of={a.name} /></span> },
  { name: "code", title: "field.code", width: "110px", from: 480, cell: (a) => <Text of={a.code} /> },
  { name: "kind", title: "field.kind", width: "minmax(110px, 1fr)", from: 620, cell: (a) => kind(a.kind) },
  { name: "valid", title: "registers.valid", width: "190px", from: 760, cell: (a) => <Valid of={a} /> },
  { name: "systems", title: "registers.system", width: "86px", end: true, cell: (a) => a.systems || "" },
];

function Valid({ of }: { of: Pick<Agency, "valid_from" | "valid_to"> }) {
  return of.valid_to ? <Pill kind="warn">{t("registers.ended", { day: date(of.valid_to) })}</Pill> : of.valid_from ? <>{t("registers.from", { day: date(of.valid_from) })}</> : <span class="dim">–</span>;
}

function acts(a: Pick<Agency, "id" | "code" | "name" | "kind" | "parent" | "valid_from" | "valid_to" | "abbreviation" | "address" | "phone" | "email"> | undefined, may: (act: string) => boolean): Command[] {
  const no = (act: string): boolean => !a || !may(act), ended = !!a?.valid_to;
  return [
    { key: "e", label: "act.agency.change", off: no("agency.change"), run: () => actForm("agency.change", { agency: a?.id, code: a?.code, name: a?.name, kind: a?.kind, parent: a?.parent,
      valid_from: a?.valid_from, abbreviation: a?.abbreviation, address: a?.address, phone: a?.phone, email: a?.email }, { open: ["parent"] }) },
    { key: "b", label: "registers.below", off: no("agency.add") || ended, run: () => actForm("agency.add", { parent: a?.id }, { open: ["parent"] }) },
    { key: "s", label: "act.system.add", off: no("system.add") || ended, run: () => actForm("system.add", { owner: a?.id, operator: a?.id }, { open: ["owner", "operator"] }) },
    { key: "c", label: "act.contact.add", off: no("contact.add") || ended, run: () => actForm("contact.add", { agency: a?.id }, { open: ["agency"] }) },
    { key: "d", label: "act.agency.end", off: no("agency.end") || ended, run: () => actForm("agency.end", { agency: a?.id }) },
    { key: "r", label: "act.agency.resume", off: no("agency.resume") || !ended, run: () => actForm("agency.resume", { agency: a?.id }) },
  ];
}

export function People({ of, empty, title }: { of: readonly Person[]; empty: string; title: string }) {
  return (
    <Table label={title} rows={of} empty={empty} cols={[
      { title: "incident.contact.name", cell: (c) => <Link to="contact" id={c.id}><Text of={c.name} /></Link> }, { title: "incident.contact.title", cell: (c) => <Text of={c.title} /> },
      { title: "incident.contact.phone", cell: (c) => <>{c.phone ? <a href={`tel:${c.phone.replace(/[^+\d]/g, "")}`}><Text of={c.phone} /></a> : "–"}{c.all_hours && <> <Pill>24/7</Pill></>}</> },
      { title: "incident.contact.email", cell: (c) => <Text of={c.email} /> }]} />
  );
}

/** What its agency still owes an answer to. */
export function Owed({ by, id }: { by: "agency" | "system"; id: number }) {
  const told = useView<Phieu>("phieu.list", { [by]: id, state: "out", limit: 200 }, 5000);
  return (
    <Part title={t("registers.phieu")} side={<a href={`/phieu?state=any&${by}=${id}`}>{t("registers.allphieu")}</a>}>
      <Problem of={told.error} />
      <Table label={t("registers.phieu")} rows={told.rows ?? []} empty={t("registers.nophieu")} kind={(p) => (p.late ? "bad" : "")} cols={[
        { title: "phieu.number", cell: (p) => <a href={`/phieu?state=any&phieu=${p.id}`}><Text of={p.number} /></a> }, { title: "phieu.subject", cell: (p) => <Text of={p.subject} /> },
        { title: "phieu.state", cell: (p) => <PhieuState of={p} /> }, { title: "phieu.due", cell: (p) => <Left until={p.due} /> }]} />
    </Part>
  );
}

function One({ id }: { id: number }) {
  const told = useView<WholeAgency>("agency.show", { agency: id }, 5000), a = told.rows?.[0], may = useMay();
  if (!a || a.id !== id) return <Pane of="agency" title={told.busy ? "…" : t("registers.gone")} acts={[]}><Problem of={told.error} again={told.again} /></Pane>;
  return (
    <Pane of="agency" title={a.name} acts={acts(a, may)}>
      <Facts rows={[
        [t("field.code"), <Text of={a.code} />], [t("field.kind"), kind(a.kind)], [t("field.parent"), a.parent && <Link to="agency" id={a.parent}><Text of={a.parent_name} /></Link>],
        [t("registers.valid"), <Valid of={a} />], [t("field.valid_from"), a.valid_to && date(a.valid_from)],
        [t("field.successor"), a.successor && <Link to="agency" id={a.successor}><Text of={a.successor_name} /></Link>],
        [t("registers.heir"), a.heir && a.heir !== a.successor && <Link to="agency" id={a.heir}>#{a.heir}</Link>],
        [t("field.abbreviation"), a.abbreviation && <Text of={a.abbreviation} />], [t("field.address"), a.address && <Text of={a.address} />],
        [t("field.phone"), a.phone && <a href={`tel:${a.phone.replace(/[^+\d]/g, "")}`}><Text of={a.phone} /></a>], [t("field.email"), a.email && <Text of={a.email} />]]} />
      {(a.forerunners ?? []).length > 0 && <Part title={t("registers.forerunners")}>
        <Table label={t("registers.forerunners")} rows={a.forerunners ?? []} empty="" cols={[
          { title: "field.name", cell: (f) => <Link to="agency" id={f.id}><Text of={f.name} /></Link> }, { title: "field.code", cell: (f) => <Text of={f.code} /> },
          { title: "field.agency.end.valid_to", cell: (f) => date(f.valid_to) }]} /></Part>}
      <Part title={t("registers.contact")}><People of={a.contacts ?? []} title={t("registers.contact")} empty={t("incident.system.nocontacts")} /></Part>
      <Part title={t("registers.system")} side={<a href={`/registers/systems?agency=${id}`}>{t("registers.withbelow")}</a>}>
        <Table label={t("registers.system")} rows={a.systems ?? []} empty={t("registers.nosystems")} cols={[
          { title: "field.code", cell: (s) => <Link to="system" id={s.id}><Text of={s.code} /></Link> }, { title: "field.name", cell: (s) => <Text of={s.name} /> },
          { title: "registers.level", cell: (s) => s.level ?? "–" }, { title: "registers.role", cell: (s) => t(`field.${s.role}`) }]} /></Part>
      <Owed by="agency" id={id} />
    </Pane>
  );
}

export function Agencies() {
  const { query } = usePlace(), text = useFilter(), state = query.get("state") ?? "", may = useMay();
  const given = useMemo(() => ({ text, state, limit: MOST }), [text, state]), told = useView<Agency>("agency.list", given, 5000);
  return <Shelf of="agency" told={told} columns={columns} kind={(a) => (a.valid_to ? "over" : "")}
    add={may("agency.add") ? () => actForm("agency.add") : undefined} acts={(a) => acts(a, may)} pane={(id) => <One id={id} key={id} />}
    filters={<Choice shelf="agency" name="state" label={t("registers.valid")} any={t("registers.state.valid")} of={["ended", "all"].map((s) => [s, t(`registers.state.${s}`)])} />} />;
}
