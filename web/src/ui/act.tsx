// The form of an act, made from what the server says of it: fields, bounds, choices, who may. Texts: act.NAME, field.NAME,
// choice.FIELD.VALUE of data/locale.
import { useEffect, useRef, useState } from "preact/hooks";
import { act, Done, get, Refused, Row } from "../lib/api";
import { has, t } from "../lib/i18n";
import { LawList, LawTerm, lawTerms, term } from "../lib/law";
import { base64 } from "../lib/file";
import { me, onlyContact, routeOf, Schema } from "../lib/session";
import { acted } from "../lib/use";
import { fromInput, toInput } from "../lib/time";
import { Problem } from "./bits";
import { close, Dialog, open } from "./dialog";
import { say } from "./toast";

export type Values = Record<string, unknown>;

interface Options {
  /** called with the answer, behind the message */
  done?: (answer: Done) => void;
  /** fields that are not shown though the act has them */
  without?: string[];
  /** numbers that are proposed, not fixed */
  open?: string[];
  /** what is said when it is done; else the act's own text */
  said?: string;
}

interface Picker {
  view: string;
  given?: Row;
  value: string;
  text: (r: Row) => string;
}
const agencyPicker: Picker = { view: "agency.list", given: { limit: 5000 }, value: "id", text: (r) => `${String(r["name"])} (${String(r["code"])})` };
/** Fields whose values are things: from which view, what is shown, what is sent. */
const pickers: Record<string, Picker> = {
  to: { view: "user.list", value: "name", text: (r) => `${String(r["display"])} (${String(r["name"])})` },
  owner: { view: "user.list", value: "name", text: (r) => `${String(r["display"])} (${String(r["name"])})` },
  person: { view: "user.list", value: "name", text: (r) => `${String(r["display"])} (${String(r["name"])})` },
  agency: agencyPicker,
  operator: agencyPicker,
  successor: agencyPicker,
  "system.add.owner": agencyPicker,
  "system.change.owner": agencyPicker,
  parent: agencyPicker,
  system: { view: "system.list", given: { limit: 5000 }, value: "id", text: (r) => `${String(r["code"])} · ${String(r["name"])}` },
  systems: { view: "system.list", given: { limit: 5000 }, value: "id", text: (r) => `${String(r["code"])} · ${String(r["name"])}` },
  incident: { view: "incident.list", given: { limit: 200 }, value: "id", text: (r) => `#${String(r["id"])} ${String(r["title"])}` },
  into: { view: "incident.list", given: { limit: 200 }, value: "id", text: (r) => `#${String(r["id"])} ${String(r["title"])}` },
  with: { view: "candidate.list", given: { state: "open", limit: 200 }, value: "id", text: (r) => `#${String(r["id"])} ${
    (r["about"] as { key: string }[] | null ?? []).map((x) => x.key).join(", ")}` },
  "incident.systems.add": { view: "system.list", given: { limit: 1000 }, value: "id", text: (r) => `${String(r["code"])} · ${String(r["name"])}` },
  "incident.systems.remove": { view: "system.list", given: { limit: 1000 }, value: "id", text: (r) => `${String(r["code"])} · ${String(r["name"])}` },
};
/** Codes of the law profile in force: choices that the server's description does not list. */
const listed: Record<string, LawList> = { type: "types", severity: "severities", cause: "causes", playbook: "playbooks" };
/** Of an act, of which a field is another thing than elsewhere. */
const plainFields = new Set(["system.add.type", "system.change.type",
  "observable.add.type", "house.set.parent", "shift.rotate.people"]);
const long = new Set(["reason", "note", "text", "summary", "what", "proof", "steps", "done", "remarks", "why",
  "damage", "scope", "result", "purpose", "security", "connection", "bases", "recipients", "participants"]);


export function actForm(name: string, given: Values = {}, options: Options = {}): void {
  open(() => <ActDialog name={name} given={given} options={options} />);
}

const isEmpty = (v: unknown): boolean => v === "" || v === undefined || v === null || (Array.isArray(v) && v.length === 0);

/** What is sent: no empty fields, but for those of a change that had a value: they are named. */
function bodyOf(schema: Schema, given: Values, values: Values): Values {
  const body = Object.fromEntries(Object.entries(values).filter(([, v]) => !isEmpty(v)));
  const cleared = (schema.properties?.["clear"]?.items?.enum ?? []).filter((f) => f in given && !isEmpty(given[f]) && isEmpty(values[f]));
  return cleared.length > 0 ? { ...body, clear: cleared } : body;
}

/** Do it without a form: what it needs is known. */
export async function doAct(name: string, body: Values, options: Options = {}): Promise<Done | undefined> {
  const answer = await act(name, body);
  acted.set(acted.get() + 1);
  say(options.said ?? t(`act.${name}.done`), onlyContact() ? undefined : answer); // who may not take it back is not asked
  options.done?.(answer);
  return answer;
}

function ActDialog({ name, given, options }: { name: string; given: Values; options: Options }) {
  const [schema, setSchema] = useState<Schema | null>(null), [values, setValues] = useState<Values>(given);
  const [error, setError] = useState<Refused>(), [busy, setBusy] = useState(false), form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    routeOf(name).then((r) => setSchema(r?.requestBody?.content["application/json"].schema ?? { properties: {} }),
      (e: unknown) => setError(e instanceof Refused ? e : new Refused(0, String(e))));
  }, [name]);
  useEffect(() => {
    if (schema) form.current?.querySelector<HTMLElement>(".field :is(input, select, textarea)")?.focus();
  }, [schema]);
  const send = (e: Event): void => {
    e.preventDefault();
    setBusy(true);
    doAct(name, bodyOf(schema ?? {}, given, values), options).then(close, (x: unknown) => {
      setBusy(false);
      setError(x instanceof Refused ? x : new Refused(0, String(x)));
    });
  };
  const fields = Object.entries(schema?.properties ?? {}).filter(([f, s]) => !(f in given && isFixed(f, given) && !options.open?.includes(f)) &&
    !options.without?.includes(f) && f !== "clear" && !(f === "file" && schema?.properties?.["content"] && s.format !== "byte"));
  return (
    <Dialog title={t(`act.${name}`)}>
      <form ref={form} class="actform" onSubmit={send} data-act={name}>
        {has(`act.${name}.help`) && <p class="dim">{t(`act.${name}.help`)}</p>}
        {fields.map(([f, s]) => <Field act={name} name={f} schema={s} required={schema?.required?.includes(f) ?? false}
          value={values[f]} set={(v) => setValues((old) => ({ ...old, [f]: v }))}
          named={schema?.properties?.["file"] ? (file) => setValues((old) => ({ ...old, file })) : undefined} />)}
        <Problem of={error} />
        <footer>
          <button type="button" onClick={close}>{t("ui.cancel")}</button>
          <button type="submit" class="main" disabled={busy || !schema}>{t(`act.${name}`)}</button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Numbers of what the act is done to are not typed. */
function isFixed(field: string, given: Values): boolean {
  const v = given[field];
  return typeof v === "number" || (Array.isArray(v) && v.every((x) => typeof x === "number"));
}

interface FieldProps {
  act: string;
  name: string;
  schema: Schema;
  required: boolean;
  value: unknown;
  set: (v: unknown) => void;
  /** what takes the name of the file */
  named?: ((file: string) => void) | undefined;
}

function label(act: string, field: string): string {
  return has(`field.${act}.${field}`) ? t(`field.${act}.${field}`) : t(`field.${field}`);
}

export function choiceText(act: string, field: string, value: string): string {
  return has(`choice.${act}.${field}.${value}`) ? t(`choice.${act}.${field}.${value}`) : t(`choice.${field}.${value}`);
}

export function Field(p: FieldProps) {
  const id = `f-${p.name}`, s = p.schema;
  const common = { id, name: p.name, required: p.required };
  const whole = `${p.act}.${p.name}`;
  const picker = plainFields.has(whole) ? undefined : pickers[whole] ?? pickers[p.name];
  const list = plainFields.has(whole) ? undefined : listed[p.name];
  let input;
  if (s.enum) {
    input = <select {...common} value={String(p.value ?? "")} onChange={(e) => p.set(e.currentTarget.value)}>
      <option value="">{p.required ? t("ui.choose") : t("ui.none")}</option>
      {s.enum.map((v) => <option value={v}>{choiceText(p.act, p.name, v)}</option>)}</select>;
  } else if (s.type === "array" && s.items?.enum) {
    const chosen = (p.value as string[] | undefined) ?? [];
    input = <div role="group" aria-labelledby={`${id}-l`} class="checks">{s.items.enum.map((v) => (
      <label><input type="checkbox" checked={chosen.includes(v)} onChange={(e) =>
        p.set(e.currentTarget.checked ? [...chosen, v] : chosen.filter((x) => x !== v))} /> {choiceText(p.act, p.name, v)}</label>
    ))}</div>;
  } else if (picker) {
    input = <Pick {...common} of={picker} many={s.type === "array"} value={p.value} set={p.set} />;
  } else if (list) {
    input = <LawChoice {...common} list={list} value={p.value} set={p.set} />;
  } else if (s.type === "boolean") {
    input = <input {...common} required={false} type="checkbox" checked={p.value === true} onChange={(e) => p.set(e.currentTarget.checked)} />;
  } else if (s.type === "integer") {
    input = <input {...common} type="number" min={0} max={s.maximum} value={p.value === undefined ? "" : String(p.value)}
      onInput={(e) => p.set(e.currentTarget.value === "" ? undefined : Number(e.currentTarget.value))} />;
  } else if (s.type === "array") {
    input = <input {...common} type="text" inputMode="numeric" pattern="[0-9 ,]*" value={((p.value as number[] | undefined) ?? []).join(", ")}
      onChange={(e) => p.set(e.currentTarget.value.split(/[ ,]+/).filter(Boolean).map(Number))} />;
  } else if (days.has(p.name)) {
    input = <input {...common} type="date" value={String(p.value ?? "")} onInput={(e) => p.set(e.currentTarget.value)} />;
  } else if (s.format === "date-time" || isTime(p.name)) {
    input = <input {...common} type="datetime-local" value={toInput(p.value)}
      onChange={(e) => p.set(fromInput(e.currentTarget.value))} />;
  } else if (s.format === "byte" || p.name === "file" || p.name === "content") {
    input = <input {...common} type="file" onChange={(e) => {
      const file = e.currentTarget.files?.[0];
      p.named?.(file?.name ?? "");
      void readFile(file).then(p.set);
    }} />;
  } else if (p.name === "facts") {
    input = <FactChoice id={id} value={p.value} set={p.set} />;
  } else if (long.has(p.name)) {
    input = <textarea {...common} rows={3} maxLength={s.maxLength} value={String(p.value ?? "")} onInput={(e) => p.set(e.currentTarget.value)}
      onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.currentTarget.form?.requestSubmit(); }} />;
  } else {
    input = <input {...common} maxLength={s.maxLength} value={String(p.value ?? "")} autocomplete="off"
      onInput={(e) => p.set(e.currentTarget.value)} />;
  }
  return (
    <div class="field">
      <label for={id} id={`${id}-l`}>{label(p.act, p.name)}{p.required && <span aria-hidden="true" class="must"> *</span>}</label>
      {input}
    </div>
  );
}

/** Days of the registers, as 2025-07-01. */
const days = new Set(["valid_from", "valid_to", "decided", "since", "retired"]);

function isTime(name: string): boolean {
  return ["due", "sent", "until", "at", "detected", "from", "to", "time", "taken", "received", "expires"].includes(name);
}

async function readFile(file: File | undefined): Promise<string> {
  if (!file) return "";
  return base64(new Uint8Array(await file.arrayBuffer()));
}

function Pick({ of, many, value, set, ...rest }: { of: (typeof pickers)[string]; many: boolean; value: unknown;
  set: (v: unknown) => void; id: string; name: string; required: boolean }) {
  const [rows, setRows] = useState<Row[]>([]);
  useEffect(() => { get(of.view, (of.given ?? {}) as Record<string, string>).then(setRows, () => setRows([])); }, [of.view]);
  const chosen = many ? ((value as number[] | undefined) ?? []) : value;
  const mine = of.view === "user.list" && me.get();
  return (
    <select {...rest} multiple={many} size={many ? Math.min(6, Math.max(2, rows.length)) : 1}
      onChange={(e) => {
        const v = [...e.currentTarget.selectedOptions].map((o) => (of.value === "id" ? Number(o.value) : o.value)).filter(Boolean);
        set(many ? v : v[0] ?? "");
      }}>
      {!many && <option value="">{mine && !rest.required ? t("ui.me") : rest.required ? t("ui.choose") : t("ui.none")}</option>}
      {rows.map((r) => <option value={String(r[of.value])}
        selected={many ? (chosen as number[]).includes(r[of.value] as number) : r[of.value] === chosen}>{of.text(r)}</option>)}
    </select>
  );
}

/** Facts that the law asks for: their codes as one text. */
function FactChoice({ id, value, set }: { id: string; value: unknown; set: (v: unknown) => void }) {
  const [rows, setRows] = useState<readonly LawTerm[]>([]);
  useEffect(() => { lawTerms().then((all) => setRows(all.facts ?? []), () => setRows([])); }, []);
  const chosen = String(value ?? "").split(/[\s,]+/).filter(Boolean);
  return (
    <div role="group" aria-labelledby={`${id}-l`} class="checks">{rows.map((r) => (
      <label><input type="checkbox" checked={chosen.includes(r.id)} onChange={(e) =>
        set((e.currentTarget.checked ? [...chosen, r.id] : chosen.filter((x) => x !== r.id)).join(" "))} /> {term(r)}</label>))}</div>
  );
}

function LawChoice({ list, value, set, ...rest }: { list: LawList; value: unknown; set: (v: unknown) => void; id: string;
  name: string; required: boolean }) {
  const [rows, setRows] = useState<readonly LawTerm[]>([]);
  useEffect(() => { lawTerms().then((all) => setRows(all[list] ?? []), () => setRows([])); }, [list]);
  return (
    <select {...rest} value={String(value ?? "")} onChange={(e) => set(e.currentTarget.value)}>
      <option value="">{rest.required ? t("ui.choose") : t("ui.none")}</option>
      {rows.map((v) => <option value={v.id}>{term(v)}</option>)}
    </select>
  );
}
