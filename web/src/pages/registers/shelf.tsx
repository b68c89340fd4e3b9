// What the registers have in common: left those that are there, right the one that is looked at.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { number, t } from "../../lib/i18n";
import { Command, useKeys } from "../../lib/keys";
import { go, turn, usePlace } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { placeOf, Shelf as Name, shelves } from "../../lib/registry";
import { useStore } from "../../lib/store";
import { density, rowHeight } from "../../lib/theme";
import { Asked } from "../../lib/use";
import { Problem } from "../../ui/bits";
import { Column, List } from "../../ui/list";
import { Text } from "../../ui/text";
import { Do, Tabs } from "../incidents/bits";
import { openTables } from "./tables";

const WAIT_MS = 250; // of the reader's typing
export const MOST = 5000; // rows that are asked for

/** Dates of the register as its officials write them: 2025-07-01 is 01/07/2025. */
export function date(at: string | null | undefined): string {
  return at ? at.split("-").reverse().join("/") : "";
}

export function Link({ to, id, children }: { to: Name; id: number | null | undefined; children: ComponentChildren }) {
  return id ? <a href={placeOf(to, id)}>{children}</a> : <>{children}</>;
}

/** The text that the address asks for, once it stands still. */
export function useFilter(): string {
  const text = usePlace().query.get("text") ?? "", [still, setStill] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return still;
}

/** Acts with the one that is looked at as buttons. */
export function Acts({ of }: { of: readonly Command[] }) {
  const may = of.filter((a) => !a.off);
  return may.length > 0 ? <div class="buttons">{may.map((a) => <Do label={t(a.label)} run={a.run} {...(a.key ? { k: a.key } : {})} />)}</div> : null;
}

export function Pane({ of, title, acts, children }: { of: Name; title: string; acts: readonly Command[]; children: ComponentChildren }) {
  return (
    <aside class="pane" aria-label={title}>
      <header><span class="dim">{t(`choice.form.${of}`)}</span>
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={() => turn({ [of]: null }, true)}>✕</button>
        <h2><Text of={title} /></h2></header>
      <Acts of={acts} />
      {children}
    </aside>
  );
}

interface Props<T> {
  of: Name;
  told: Asked<T[]>;
  columns: readonly Column<T>[];
  /** choices beside the text */
  filters?: ComponentChildren;
  kind?: (row: T) => string;
  /** the act that makes one, where he may */
  add?: (() => void) | undefined;
  acts: (of: T | undefined) => Command[];
  pane: (id: number) => ComponentChildren;
}

export function Shelf<T extends { id: number }>(p: Props<T>) {
  const { query } = usePlace(), wanted = Number(query.get(p.of)), filter = useRef<HTMLInputElement>(null), rows = p.told.rows ?? [];
  const open = (x: T): void => turn({ [p.of]: x.id }, wanted > 0), r = useRows(rows, (x) => x.id, open, (x) => x.id === wanted);
  const at = wanted ? rows.find((x) => x.id === wanted) : r.row, place = Math.max(0, at ? rows.indexOf(at) : r.at);
  useStore(density);
  const move = (by: 1 | -1): void => {
    const next = Math.max(0, Math.min(rows.length - 1, place + by)), row = rows[next];
    r.choose(next);
    if (wanted && row) open(row);
  };
  useKeys("page.registers", [
    ...r.keys.map((k) => (k.key === "j" || k.key === "ArrowDown" ? { ...k, run: () => move(1) } : k.key === "k" || k.key === "ArrowUp" ? { ...k, run: () => move(-1) } : k)),
    { key: "Escape", label: "keys.back", run: () => turn({ [p.of]: null }, true), quiet: true },
    { key: "/", label: "keys.filter", run: () => filter.current?.focus() },
    { key: "n", label: `act.${p.of}.add`, off: !p.add, run: () => p.add?.() },
    { key: "x", label: "registers.tables", run: () => openTables(p.of) },
    ...p.acts(at),
    ...shelves.map((s, i) => ({ key: String(i + 1), label: `registers.${s}`, run: () => go(placeOf(s, 0).replace(/\?.*/, "")) })),
  ]);
  return (
    <div class={`queue ${wanted ? "split" : ""}`}>
      <div class="left">
        <header class="bar">
          <h1>{t("page.registers")}</h1>
          <Tabs label={t("page.registers")} of={shelves.map((s) => ({ href: placeOf(s, 0).replace(/\?.*/, ""), label: t(`registers.${s}`), on: s === p.of,
            count: s === p.of && rows.length ? rows.length : undefined }))} />
          <div class="filters">
            <form role="search" onSubmit={(e) => e.preventDefault()}><input ref={filter} type="search" aria-label={t("keys.filter")} placeholder={t(`registers.${p.of}.filter`)}
              value={query.get("text") ?? ""} onInput={(e) => turn({ text: e.currentTarget.value, [p.of]: null }, true)} onKeyDown={(e) => { if (e.key === "Escape") e.currentTarget.blur(); }} /></form>
            {p.filters}
          </div>
          <button type="button" class="push" onClick={() => openTables(p.of)}>{t("registers.tables")} <kbd>x</kbd></button>
          {p.add && <button type="button" class="main" onClick={p.add}>{t(`act.${p.of}.add`)} <kbd>n</kbd></button>}
        </header>
        <Problem of={p.told.error} again={p.told.again} />
        {rows.length === 0 && !p.told.error ? <p class="empty pad">{t(p.told.busy ? "incidents.busy" : query.get("text") ? "registers.none" : `registers.${p.of}.none`)}</p> :
          <List label={t(`registers.${p.of}`)} rows={rows} columns={p.columns} id={(x) => x.id} at={place} setAt={r.choose} open={open} height={rowHeight()} stacked
            {...(p.kind ? { kind: p.kind } : {})} />}
        {rows.length >= MOST && <p class="foot dim">{t("registers.most", { n: number(MOST) })}</p>}
      </div>
      {wanted > 0 && p.pane(wanted)}
    </div>
  );
}

/** A part of the question, in the address; another question shows another list, and nothing beside it. */
export function Choice({ shelf, name, label, any, of }: { shelf: Name; name: string; label: string; any: string; of: readonly (readonly [string | number, string])[] }) {
  const value = usePlace().query.get(name) ?? "";
  return (
    <select aria-label={label} value={value} onChange={(e) => turn({ [name]: e.currentTarget.value, [shelf]: null })}>
      <option value="">{any}</option>{of.map(([v, text]) => <option value={v} selected={String(v) === value}>{text}</option>)}</select>
  );
}
