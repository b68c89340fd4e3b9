// The sheets of an incident, filled in, to be read and printed from here; as documents in the official layout the server
// makes them (ui/paper). What is printed is Vietnamese, whatever the page is in.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import rows from "texts";
import { act, Row } from "../../lib/api";
import { mayWork, Whole } from "../../lib/incident";
import { lang, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useLaw } from "../../lib/law";
import { turn, useParam } from "../../lib/router";
import { full } from "../../lib/time";
import { useView } from "../../lib/use";
import { Part, Problem } from "../../ui/bits";
import { close, Dialog, open } from "../../ui/dialog";
import { Papers } from "../../ui/paper";
import { Text } from "../../ui/text";
import { complain, say } from "../../ui/toast";
import { Do } from "./bits";

const names = ["mau-03", "mau-04", "bao-cao-nhanh"] as const;
type Name = (typeof names)[number];

const vi = (key: string): string => rows[key]?.[0] ?? key;

interface Sheet extends Row {
  agency: { parent?: string[]; name?: string; unit?: string; symbol?: string; place?: string } | null;
  sign: { titles: string[] | null; name: string | null };
  recipients: string[];
  to: string[] | null;
  bases?: string[];
  reporter?: Row | null;
  contact?: Row | null;
  duty?: Row | null;
  system: Row;
  t0: string;
}

/** A line of the form: its name, a dotted place where nothing is known. */
function Line({ name, of }: { name: string; of: unknown }) {
  const known = of !== null && of !== undefined && of !== "";
  return <p class="formline"><span>{vi(`sheet.${name}`)}: </span>{known ? <Text of={of} /> : <span class="blank"><span class="unseen">{vi("sheet.blank")}</span></span>}</p>;
}

function Ticks({ name, of, chosen }: { name: string; of: readonly string[]; chosen: unknown }) {
  const has = (v: string): boolean => (Array.isArray(chosen) ? chosen.map(String).includes(v) : String(chosen ?? "") === v);
  return <p class="formline"><span>{vi(`sheet.${name}`)}: </span>{of.map((v) => <span class="tick">{has(v) ? "☒" : "☐"} {rows[`sheet.${name}.${v}`] ? vi(`sheet.${name}.${v}`) : v}</span>)}</p>;
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return <section><h3>{vi(`sheet.${title}`)}</h3>{children}</section>;
}

function Items({ of, none = "" }: { of: unknown; none?: string }) {
  const all = (of as string[] | null) ?? [];
  return all.length === 0 ? <p>{none}</p> : <ul>{all.map((x) => <li><Text of={x} /></li>)}</ul>;
}

const time = (v: unknown): string => (typeof v === "string" ? full(v) : "");

function First({ d }: { d: Sheet }) {
  return (
    <>
      <Section title="reporter"><Line name="organisation" of={d.reporter?.["name"]} /><Line name="address" of={d.reporter?.["address"]} />
        <Line name="phone" of={d.reporter?.["phone"]} /><Line name="email" of={d.reporter?.["email"]} /></Section>
      <Section title="contact"><Line name="fullname" of={d.contact?.["name"]} /><Line name="title" of={d.contact?.["title"]} />
        <Line name="phone" of={d.contact?.["phone"]} /><Line name="email" of={d.contact?.["email"]} /></Section>
      <Section title="system"><Line name="operator" of={d.system["operator"]} /><Line name="owner" of={d.system["owner"]} /><Line name="systemname" of={d.system["name"]} />
        <Line name="domains" of={d.system["address"]} /><Ticks name="level" of={["1", "2", "3", "4", "5"]} chosen={d.system["level"]} />
        <Line name="security" of={d.system["security_provider"]} /><Line name="network" of={d.system["network_provider"]} /></Section>
      <Section title="what"><p><Text of={d["summary"]} /></p><Line name="detected" of={time(d.t0)} /><Ticks name="state" of={["done", "open"]} chosen={d["state"]} /></Section>
      <Section title="how"><Ticks name="found" of={["ids", "log", "notice", "other"]} chosen={d["found_by"]} />{d["found_from"] ? <Line name="foundfrom" of={d["found_from"]} /> : null}
        <Ticks name="told" of={["member", "isp", "coordinator"]} chosen={d["told"]} /></Section>
      <Section title="more"><Line name="os" of={d.system["os"]} />
        <Ticks name="services" of={["web", "mail", "database", "ftp", "proxy", "application", "other"]} chosen={d.system["services"]} />
        <Ticks name="protection" of={["antivirus", "firewall", "ids", "other"]} chosen={d.system["protection"]} /><Line name="purpose" of={d.system["purpose"]} />
        <Ticks name="attached" of={["log", "sample", "other"]} chosen={d["attached"]} /><Line name="reported" of={time(d["reported"])} /></Section>
    </>
  );
}

function Last({ d }: { d: Sheet }) {
  const steps = (d["steps"] as { at: string; what: string; who: string }[] | null) ?? [];
  return (
    <>
      <Section title="general"><Line name="organisation" of={d.reporter?.["name"]} /><Line name="operator" of={d.system["operator"]} /><Line name="owner" of={d.system["owner"]} />
        <Line name="systemname" of={d.system["name"]} /><Ticks name="level" of={["1", "2", "3", "4", "5"]} chosen={d.system["level"]} />
        <Line name="detected" of={time(d.t0)} /><Line name="ended" of={time(d["ended"])} /></Section>
      <Section title="content"><Line name="summary" of={d["summary"]} /><Line name="cause" of={d["cause"]} /><Line name="scope" of={d["scope"]} />
        <Line name="machines" of={d["machines"]} /><Line name="outage" of={d["outage_hours"]} /><Line name="damage" of={d["damage"]} /></Section>
      <Section title="done"><table><thead><tr><th scope="col">{vi("sheet.number")}</th><th scope="col">{vi("sheet.time")}</th><th scope="col">{vi("sheet.step")}</th><th scope="col">{vi("sheet.who")}</th></tr></thead>
        <tbody>{steps.map((s, i) => <tr><td>{i + 1}</td><td>{full(s.at)}</td><td><Text of={s.what} /></td><td><Text of={s.who} /></td></tr>)}
          {steps.length === 0 && <tr><td colSpan={4}>{vi("sheet.none")}</td></tr>}</tbody></table><p><Text of={d["result"] ?? ""} /></p></Section>
      <Section title="attachments"><Items of={d["attachments"]} none={vi("sheet.none")} /></Section>
    </>
  );
}

function Quick({ d, of }: { d: Sheet; of: Whole }) {
  const law = useLaw(), name = (list: "types" | "severities", id: string): string => law[list]?.find((x) => x.id === id)?.vi ?? id;
  return (
    <>
      <Section title="situation"><p>{vi("sheet.at")} {time(d.t0)}: <Text of={d["summary"]} /></p>
        <Line name="affected" of={d.system["name"]} /><Line name="level" of={d.system["level"]} /><Line name="operator" of={d.system["operator"]} /><Line name="machines" of={d["machines"]} /></Section>
      <Section title="measures"><Items of={d["done"]} none={vi("sheet.underway")} />
        {((d["planned"] as string[] | null) ?? []).length > 0 && <><p>{vi("sheet.next")}:</p><Items of={d["planned"]} /></>}</Section>
      <Section title="assessment"><Line name="type" of={name("types", of.type)} /><Line name="severity" of={name("severities", of.severity)} />
        <Line name="stage" of={vi(`incident.stage.${of.state}`)} /><Line name="tasks" of={`${String(d["tasks_done"])}/${String(d["tasks_all"])}`} />{d["assessment"] ? <p><Text of={d["assessment"]} /></p> : null}</Section>
      <Section title="proposals">{d["deadline"] ? <Line name="deadline" of={time(d["deadline"])} /> : null}<Line name="duty" of={d.duty?.["name"]} /><Line name="phone" of={d.duty?.["phone"]} /></Section>
    </>
  );
}

function Paper({ name, of }: { name: Name; of: Whole }) {
  const told = useView<{ data: Sheet }>(`form.${name}`, { incident: of.id }, 10000), d = told.rows?.[0]?.data;
  return (
    <>
      <Problem of={told.error} again={told.again} />
      {!d && !told.error && <p class="empty">{t("incidents.busy")}</p>}
      {d && <article class="paper" lang="vi" aria-label={vi(`sheet.form.${name}`)}>
        <header><div>{(d.agency?.parent ?? []).map((p) => <p>{p.toUpperCase()}</p>)}<p><b>{(d.agency?.name ?? vi("sheet.noagency")).toUpperCase()}</b></p><p>{vi("sheet.no")}: ........ /BC{d.agency?.symbol ? `-${d.agency.symbol}` : ""}</p></div>
          <div><p><b>{vi("sheet.nation")}</b></p><p><b>{vi("sheet.motto")}</b></p><p><i>{d.agency?.place ?? "........"}, {vi("sheet.day")}</i></p></div></header>
        <h2>{vi(`sheet.head.${name}`)}</h2>
        {name === "bao-cao-nhanh" && <p class="subject"><b><Text of={of.title} /></b></p>}
        {(d.to ?? []).length > 0 && <p class="to">{vi("sheet.to")}: {(d.to ?? []).map((x, i) => <>{i > 0 && "; "}<Text of={x} /></>)}</p>}
        {(d.bases ?? []).map((b) => <p><i><Text of={b} />;</i></p>)}
        {name === "mau-03" ? <First d={d} /> : name === "mau-04" ? <Last d={d} /> : <Quick d={d} of={of} />}
        <footer><div><b><i>{vi("sheet.recipients")}:</i></b><ul>{(d.recipients ?? []).map((x) => <li><Text of={x} /></li>)}<li>{vi("sheet.kept")}</li></ul></div>
          <div>{(d.sign.titles ?? []).map((x) => <p><b>{x.toUpperCase()}</b></p>)}<p class="signed"><b><Text of={d.sign.name ?? ""} /></b></p></div></footer>
      </article>}
    </>
  );
}

function QuickDialog({ id }: { id: number }) {
  const [told, tell] = useState<string | null>(null), [asked, setAsked] = useState(false);
  if (!asked) {
    setAsked(true);
    act("incident.quick", { incident: id }).then((r) => tell(String(r["message"] ?? "")), (e: unknown) => { complain(e); close(); });
  }
  return (
    <Dialog title={t("incident.quick")}>
      <div class="actform">
        <p class="dim">{t("incident.quick.help")}</p>
        {told === null ? <p class="empty">{t("incidents.busy")}</p> : <><p class="message"><Text of={told} /></p><p class="dim">{t("incident.quick.letters", { n: [...told].length })}</p></>}
        <footer><button type="button" onClick={() => { close(); turn({ part: "forms", form: "bao-cao-nhanh" }); }}>{t("incident.quick.page")}</button>
          <button type="button" class="main" autofocus disabled={told === null} onClick={() => void navigator.clipboard.writeText(told ?? "").then(() => { say(t("value.copied")); close(); }, complain)}>{t("value.copy")}</button></footer>
      </div>
    </Dialog>
  );
}

/** The message of at most 300 characters that goes to the leadership. */
export function quickForm(id: number): void {
  open(() => <QuickDialog id={id} />);
}

export function FormsPart({ of }: { of: Whole }) {
  const name: Name = names.find((n) => n === useParam("form")) ?? "mau-03";
  useKeys("incident.part.forms", [
    { key: "f", label: "sheet.form.next", run: () => turn({ form: names[(names.indexOf(name) + 1) % names.length] }, true) },
    { key: "p", label: "sheet.form.print", run: () => print() },
  ]);
  return (
    <Part title={t("incident.part.forms")} kind="sheet" side={<Do label={t("sheet.form.print")} k="p" run={() => print()} />}>
      <div class="switch noprint" role="group" aria-label={t("incident.part.forms")}>{names.map((n) => (
        <button type="button" aria-pressed={n === name} onClick={() => turn({ form: n }, true)} data-lang={lang.get()}>{t(`sheet.form.${n}`)}</button>))}</div>
      {(name !== "bao-cao-nhanh" || mayWork()) && <p class="noprint"><span class="dim">{t("sheet.form.office")}</span> <Papers form={name} of={{ incident: of.id }} /></p>}
      <Paper name={name} of={of} key={name} />
    </Part>
  );
}
