// Registers in and out as tables. What is taken in is tried first: all rows, or none and what is wrong, by row and column.
import { useState } from "preact/hooks";
import { act, Refused } from "../../lib/api";
import { readFile, size } from "../../lib/file";
import { lang, number, t } from "../../lib/i18n";
import { useMay } from "../../lib/may";
import { Fault, Shelf, tables, Taken } from "../../lib/registry";
import { Facts, Problem } from "../../ui/bits";
import { Dialog, open } from "../../ui/dialog";
import { doAct } from "../../ui/act";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";

const MOST = 8 << 20; // bytes of a file

export function openTables(of: Shelf): void {
  open(() => <Dialog title={t("registers.tables")} wide><Tables first={of} /></Dialog>);
}

function Out({ form }: { form: string }) {
  const to = (format: string): string => `/api/registry/export/${form}?format=${format}&language=${lang.get()}`;
  return (
    <section><h3>{t("registers.out")}</h3>
      <p class="buttons">{["xlsx", "csv", "form"].map((f) => <a class="button" href={to(f)} download>{t(`registers.out.${f}`)}</a>)}</p></section>
  );
}

/** Where in the book, as its program shows it: cell D4. */
const cell = (f: Fault): string => (f.column && f.row ? `${f.column}${f.row}` : f.row ? t("registers.row", { n: f.row }) : f.column ?? "–");

function Faults({ of }: { of: Taken }) {
  const all = of.faults ?? [];
  return all.length === 0 ? null : <>
    <Table label={t("registers.faults")} rows={all} empty="" kind={(f) => (f.note ? "warn" : "bad")} cols={[
      { title: "registers.cell", cell: (f) => <code>{cell(f)}</code> }, { title: "registers.header", cell: (f) => <Text of={f.header ?? ""} /> },
      { title: "registers.wrong", cell: (f) => <Text of={f[lang.get()]} /> }]} />
    {of.more ? <p class="dim">{t("ui.more", { n: number(of.more) })}</p> : null}</>;
}

function In({ form }: { form: string }) {
  const [file, setFile] = useState<{ name: string; content: string; bytes: number }>(), [told, tell] = useState<Taken>();
  const [error, setError] = useState<Refused>(), [busy, setBusy] = useState(false), good = told && told.wrong === 0;
  const failed = (e: unknown): void => { setBusy(false); setError(e instanceof Refused ? e : new Refused(0, String(e))); };
  const take = async (f: File | undefined): Promise<void> => {
    setFile(undefined);
    tell(undefined);
    setError(undefined);
    if (!f) return;
    if (f.size > MOST) { setError(new Refused(413, t("registers.toolarge"))); return; }
    setBusy(true);
    const read = await readFile(f);
    setFile(read);
    tell((await act("registry.import", { form, file: read.content, dry: true })) as unknown as Taken);
    setBusy(false);
  };
  const put = async (): Promise<void> => {
    setBusy(true);
    const done = (await doAct("registry.import", { form, file: file?.content })) as unknown as Taken;
    tell(done);
    setBusy(false);
  };
  return (
    <section><h3>{t("registers.in")}</h3>
      <p class="dim">{t("registers.in.help")}</p>
      <div class="field"><label for="table">{t("registers.file")}</label>
        <input id="table" type="file" accept=".xlsx,.csv" onChange={(e) => void take(e.currentTarget.files?.[0]).catch(failed)} /></div>
      <p role="status">{busy ? t("registers.trying") : told ? t(told.imported ? "registers.taken" : good ? "registers.good" : "registers.bad", { n: number(told.wrong), m: number(told.rows) }) : ""}</p>
      {told && <Facts rows={[[t("registers.file"), file && `${file.name} (${size(file.bytes)})`], [t("registers.rows"), number(told.rows)],
        [t("registers.added"), told.added !== undefined && number(told.added)], [t("registers.changed"), told.changed !== undefined && number(told.changed)],
        [t("registers.unchanged"), told.unchanged !== undefined && number(told.unchanged)]]} />}
      {told && <Faults of={told} />}
      <Problem of={error} />
      <footer><button type="button" class="main" disabled={busy || !good || told.imported || !file} onClick={() => void put().catch(failed)}>{t("registers.take")}</button></footer>
    </section>
  );
}

function Tables({ first }: { first: string }) {
  const [form, setForm] = useState(first), may = useMay();
  return (
    <div class="actform">
      <div class="field"><label for="form">{t("registers.form")}</label>
        <select id="form" value={form} onChange={(e) => setForm(e.currentTarget.value)}>{tables.map((x) => <option value={x}>{t(`choice.form.${x}`)}</option>)}</select></div>
      <Out form={form} />
      {may("registry.import") && <In form={form} key={form} />}
    </div>
  );
}
