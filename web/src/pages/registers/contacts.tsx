// Who answers for the agencies, and when it was last known that he does.
import { useMemo } from "preact/hooks";
import { t } from "../../lib/i18n";
import { Command } from "../../lib/keys";
import { useMay } from "../../lib/may";
import { useAgencies } from "../../lib/names";
import { Contact } from "../../lib/registry";
import { usePlace } from "../../lib/router";
import { useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Ago, Facts, Pill } from "../../ui/bits";
import { Column } from "../../ui/list";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";
import { Choice, Link, MOST, Pane, Shelf, useFilter } from "./shelf";

const tel = (phone: string): string => `tel:${phone.replace(/[^+\d]/g, "")}`;

const columns: Column<Contact>[] = [
  { name: "title", title: "incident.contact.name", width: "minmax(150px, 1.4fr)", cell: (c) => <Text of={c.name} /> },
  { name: "agency", title: "field.agency", width: "minmax(140px, 1.6fr)", cell: (c) => <Text of={c.agency_name} /> },
  { name: "office", title: "incident.contact.title", width: "minmax(110px, 1fr)", from: 700, cell: (c) => <Text of={c.title} /> },
  { name: "phone", title: "incident.contact.phone", width: "150px", from: 480, cell: (c) => <><Text of={c.phone} />{c.all_hours && <> <Pill>24/7</Pill></>}</> },
  { name: "email", title: "incident.contact.email", width: "minmax(140px, 1.2fr)", from: 860, cell: (c) => <Text of={c.email} /> },
  { name: "confirmed", title: "incident.contact.confirmed", width: "122px", from: 600, cell: (c) => (c.confirmed ? <Ago at={c.confirmed} /> : <span class="warntext">{t("registers.unconfirmed")}</span>) },
];

function acts(c: Contact | undefined, may: (act: string) => boolean): Command[] {
  const no = (act: string): boolean => !c || !may(act);
  return [
    { key: "y", label: "act.contact.confirm", off: no("contact.confirm"), run: () => void doAct("contact.confirm", { contact: c?.id }).catch(complain) },
    { key: "e", label: "act.contact.change", off: no("contact.change"), run: () => actForm("contact.change", { contact: c?.id, agency: c?.agency, name: c?.name, title: c?.title, phone: c?.phone, email: c?.email,
      all_hours: c?.all_hours }, { open: ["agency"] }) },
    { key: "d", label: "act.contact.remove", off: no("contact.remove"), run: () => actForm("contact.remove", { contact: c?.id }) },
  ];
}

function One({ of, busy }: { of: Contact | undefined; busy: boolean }) {
  const may = useMay();
  if (!of) return <Pane of="contact" title={busy ? "…" : t("registers.gone")} acts={[]}><p /></Pane>;
  return (
    <Pane of="contact" title={of.name} acts={acts(of, may)}>
      <Facts rows={[[t("field.agency"), <Link to="agency" id={of.agency}><Text of={of.agency_name} /></Link>], [t("incident.contact.title"), of.title && <Text of={of.title} />],
        [t("incident.contact.phone"), of.phone && <a href={tel(of.phone)}><Text of={of.phone} /></a>], [t("field.all_hours"), t(of.all_hours ? "source.yes" : "source.no")],
        [t("incident.contact.email"), of.email && <Text of={of.email} />],
        [t("incident.contact.confirmed"), of.confirmed ? <Ago at={of.confirmed} /> : <span class="warntext">{t("registers.unconfirmed")}</span>]]} />
    </Pane>
  );
}

export function Contacts() {
  const { query } = usePlace(), text = useFilter(), agency = query.get("agency") ?? "", agencies = useAgencies(), may = useMay(), wanted = Number(query.get("contact"));
  const given = useMemo(() => ({ text, agency, limit: MOST }), [text, agency]), told = useView<Contact>("contact.list", given, 5000);
  return <Shelf of="contact" told={told} columns={columns} add={may("contact.add") ? () => actForm("contact.add", agency ? { agency: Number(agency) } : {}, { open: ["agency"] }) : undefined}
    acts={(c) => acts(c, may)} pane={() => <One of={told.rows?.find((c) => c.id === wanted)} busy={told.busy} key={wanted} />}
    filters={<Choice shelf="contact" name="agency" label={t("field.agency")} any={t("registers.anyagency")} of={agencies.map((a) => [a.id, a.name])} />} />;
}
