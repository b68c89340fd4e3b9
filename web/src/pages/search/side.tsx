// The fields of what was found, with their values as far as they are at hand; all of them on demand.
import { useMemo, useState } from "preact/hooks";
import type { Given } from "../../lib/api";
import { number, t } from "../../lib/i18n";
import { asText, Found, useSearch, values } from "../../lib/search";
import { Problem } from "../../ui/bits";
import { Said } from "../../ui/said";
import { Text } from "../../ui/text";
import { fold } from "../../ui/palette";
import { filterOf, named, Value } from "../../ui/value";

const LOOKED = 2000, TOP = 5, DISTINCT = 2000;

interface Seen {
  name: string;
  rows: number;
  values: Map<string, number>;
}

function fieldsOf(rows: readonly Found[]): Seen[] {
  const all = new Map<string, Seen>();
  for (const r of rows.slice(0, LOOKED)) {
    for (const [name, value] of values(r)) {
      let f = all.get(name);
      if (!f) all.set(name, f = { name, rows: 0, values: new Map() });
      f.rows++;
      const text = asText(Array.isArray(value) ? value[0] : value);
      if (f.values.size < DISTINCT || f.values.has(text)) f.values.set(text, (f.values.get(text) ?? 0) + 1);
    }
  }
  return [...all.values()].sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
}

function Bars({ field, rows, of }: { field: string; rows: readonly [string, number][]; of: number }) {
  const most = Math.max(1, of);
  return (
    <ul class="bars">{rows.map(([value, n]) => (
      <li><Value of={value} field={field} /><span class="n">{number(n)}</span>
        <meter min={0} max={most} value={n} aria-label={`${Math.round((100 * n) / most)} %`} /></li>))}</ul>
  );
}

function Counted({ field, by, question }: { field: string; by: "top" | "rare"; question: Given }) {
  const filter = filterOf(String(question["q"] ?? ""))[0];
  const found = useSearch({ ...question, q: `${filter} | ${by} 20 ${named(field)}`, limit: 20 });
  const rows = found.table.map((r): [string, number] => [asText(r[0]), Number(r[r.length - 1])]);
  return (
    <div aria-busy={found.busy}>
      <p class="dim">{t(`search.${by}.all`)}</p>
      <Problem of={found.error} again={found.again} />
      {found.busy ? <p class="dim">{t("search.counting")}</p> : <Bars field={field} rows={rows} of={Math.max(...rows.map((r) => r[1]))} />}
      {found.counts?.partial && <p class="dim">{t("search.partial")} <Said of={found.counts.why ?? ""} /></p>}
    </div>
  );
}

function Field({ f, shown, show, question, open, turnOpen }: { f: Seen; shown: boolean; show: (on: boolean) => void; question: Given;
  open: boolean; turnOpen: () => void }) {
  const [all, setAll] = useState<"top" | "rare" | null>(null);
  const top = open ? [...f.values].sort((a, b) => b[1] - a[1]).slice(0, TOP) : [];
  return (
    <li>
      <button type="button" class="plain name" aria-expanded={open} onClick={() => { turnOpen(); setAll(null); }}>
        <Text of={f.name} /><span class="n dim">{number(f.rows)}</span></button>
      {open && <div class="seen">
        {all === null ? <><p class="dim">{t("search.distinct", { n: number(f.values.size) })}</p><Bars field={f.name} rows={top} of={f.rows} /></> :
          <Counted field={f.name} by={all} question={question} />}
        <p class="does">
          <button type="button" class="plain" aria-pressed={all === "top"} onClick={() => setAll("top")}>{t("search.top")}</button>
          <button type="button" class="plain" aria-pressed={all === "rare"} onClick={() => setAll("rare")}>{t("search.rare")}</button>
          <button type="button" class="plain" onClick={() => show(!shown)}>{t(shown ? "search.column.less" : "search.column.more")}</button></p>
      </div>}
    </li>
  );
}

export function Side({ rows, cols, setCols, question }:
  { rows: readonly Found[]; cols: readonly string[]; setCols: (cols: string[]) => void; question: Given }) {
  const all = useMemo(() => fieldsOf(rows), [rows]), [text, setText] = useState(""), [open, setOpen] = useState("");
  const shown = all.filter((f) => fold(f.name).includes(fold(text)));
  return (
    <aside class="side" aria-label={t("search.fields")}>
      <input type="search" aria-label={t("search.fields.filter")} placeholder={t("search.fields.filter")} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      <p class="dim">{t("search.fields.of", { n: number(Math.min(LOOKED, rows.length)) })}</p>
      <ul class="fieldlist">{shown.map((f) => <Field key={f.name} f={f} question={question} shown={cols.includes(f.name)}
        open={open === f.name} turnOpen={() => setOpen(open === f.name ? "" : f.name)}
        show={(on) => setCols(on ? [...cols.filter((c) => c !== "event"), f.name, ...(cols.includes("event") ? ["event"] : [])] : cols.filter((c) => c !== f.name))} />)}</ul>
    </aside>
  );
}
