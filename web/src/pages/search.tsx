// Searching what is stored: a query, its time, what was found, and one event of it; all of it in the address.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Given } from "../lib/api";
import { number, t, useLang } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { barOf, filled, instants, iso, rangeOf } from "../lib/range";
import { turn, usePlace } from "../lib/router";
import { asText, Found, gist, idOf, Result, timeOf, useSearch, useTail, valueOf } from "../lib/search";
import { useStore } from "../lib/store";
import { density, rowHeight } from "../lib/theme";
import { full, short } from "../lib/time";
import { useNow } from "../lib/use";
import { Problem } from "../ui/bits";
import { Chart } from "../ui/chart";
import { Column, List } from "../ui/list";
import { Said } from "../ui/said";
import { Text } from "../ui/text";
import { filterOf, Value } from "../ui/value";
import { CaseChip, CasePicker, wantsCase } from "./search/case";
import { EventPane } from "./search/event";
import { openExport } from "./search/export";
import { keepQuery, noteAsked, openKept } from "./search/kept";
import { QueryLine } from "./search/line";
import { RangePicker } from "./search/range";
import { Side } from "./search/side";

const ROWS = 500, MOST = 10000;
const USUAL_COLS = ["time", "host", "event"];

/** Names in a list with commas. */
const packed = (name: string): string => name.replace(/[%,]/g, encodeURIComponent);

function unpacked(text: string): string {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** Plain words of the filter, to be marked where they stand. */
function wordsOf(filter: string): string[] {
  return [...filter.matchAll(/(?:^|[\s(])(?:"([^"]+)"|([^\s"()|:<>=]+))(?=$|[\s)])/g)].map((m) => (m[1] ?? m[2] ?? "").replace(/^\*+|\*+$/g, ""))
    .filter((w) => w.length > 1 && !/^(and|or|not)$/i.test(w));
}

function eventColumns(names: readonly string[], marks: readonly string[]): Column<Found>[] {
  return names.map((name): Column<Found> => {
    if (name === "time") return { name, title: "event.time", width: "160px", cell: (r) => <time dateTime={timeOf(r)}>{innerWidth > 760 ? full(timeOf(r)) : short(timeOf(r))}</time> };
    if (name === "event") return { name, title: "search.event", width: "minmax(240px, 4fr)", cell: (r) => <Text of={gist(r).slice(0, 400)} marks={marks} /> };
    return { name, title: "", named: name, width: "minmax(90px, 1fr)", cell: (r) => { const v = valueOf(r, name); return v == null ? <span class="dim">–</span> : <Value of={v} field={name} marks={marks} />; } };
  });
}

interface Cells {
  id: number;
  cells: unknown[];
}

/** Names of figures are made by commands, not by sources. */
const isFigure = (name: string): boolean => name === "count" || name.includes("(");

function tableColumns(names: readonly string[], rows: readonly Cells[]): Column<Cells>[] {
  return names.map((name, i): Column<Cells> => {
    const numbers = rows.slice(0, 50).every((r) => r.cells[i] == null || typeof r.cells[i] === "number");
    const most = isFigure(name) && numbers ? Math.max(1, ...rows.map((r) => Number(r.cells[i] ?? 0))) : 0;
    return { name: `c${i}`, title: "", named: name, width: most ? "minmax(160px, 1fr)" : "minmax(110px, 2fr)", end: numbers && !most,
      cell: (r) => { const v = r.cells[i];
        if (v == null) return <span class="dim">–</span>;
        if (most) return <span class="figure"><span>{number(Number(v), Number.isInteger(v) ? 0 : 2)}</span><meter min={0} max={most} value={Number(v)} aria-hidden="true" /></span>;
        if (name === "time") return full(asText(v));
        return isFigure(name) ? <Text of={v} /> : <Value of={v} field={name} />; } };
  });
}

function Busy({ rows }: { rows: number }) {
  const [begun] = useState(Date.now()), now = useNow(200);
  return <span role="timer">{t("search.busy", { n: number(rows), s: (Math.max(0, now - begun) / 1000).toFixed(1) })}</span>;
}

function Looked({ of, rows }: { of: Result; rows: number }) {
  const c = of.counts;
  if (of.busy) return <Busy rows={rows} />;
  if (of.stopped) return <span class="warntext" role="status">{t("search.stopped", { n: number(rows) })}</span>;
  if (!c) return null;
  const text = t(c.more ? "search.looked.more" : "search.looked", { found: number(c.found), shown: number(c.shown), events: number(c.events), s: (c.ms / 1000).toFixed(2) });
  return (
    <span role="status">
      {c.partial && <b class="partial">{t("search.partial")} <Said of={c.why ?? ""} /> </b>}
      {text}{c.blocks > 0 && <span class="dim"> · {t("search.blocks", { n: number(c.passed), all: number(c.blocks) })}</span>}
      {c.damaged > 0 && <b class="partial"> {t("search.damaged", { n: number(c.damaged) })}</b>}
    </span>
  );
}

const BESIDE_MS = 700;

/** True once the search was not refused: when it has found something, or goes on for a while. */
function useTaken(of: Result, key: string): boolean {
  const [taken, take] = useState(""), there = of.rows.length + of.table.length > 0 && !of.busy;
  useEffect(() => {
    const timer = setTimeout(() => take(key), there ? 0 : BESIDE_MS);
    return () => clearTimeout(timer);
  }, [key, there]);
  return taken === key && !of.error;
}

/** How many came when; run beside the search itself, over all that the filter holds for. */
function Times({ question, own }: { question: Given; own: Result | undefined }) {
  const { query } = usePlace(), range = rangeOf(query), [filter] = filterOf(String(question["q"] ?? ""));
  const bar = useMemo(() => barOf(range), [JSON.stringify(range)]);
  const beside = useSearch(own ? null : { ...question, q: `${filter} | histogram ${bar?.[1] ?? ""}`.trim(), limit: MOST });
  const r = own ?? beside, time = r.columns?.indexOf("time") ?? 0, count = (r.columns?.length ?? 2) - 1;
  const [times, counts] = useMemo(() => {
    const sums = new Map<number, number>();
    for (const row of r.table) {
      const at = Date.parse(asText(row[time])) / 1000;
      if (Number.isFinite(at)) sums.set(at, (sums.get(at) ?? 0) + Number(row[count] ?? 0));
    }
    const all = filled([...sums], own ? undefined : bar?.[0], instants(range));
    return [all.map((x) => x[0]), all.map((x) => x[1])];
  }, [r.table]);
  const series = useMemo(() => [{ label: t("search.found"), values: counts, colour: "--accent", bars: true }], [counts]);
  if (r.error || (!r.busy && times.length === 0)) return null;
  const step = (times[1] ?? (times[0] ?? 0) + (bar?.[0] ?? 60)) - (times[0] ?? 0);
  return (
    <div class="times">
      <Chart label={t("search.times", { n: number(counts.reduce((a, b) => a + b, 0)) })} times={times} height={104} series={series}
        zoom={(from, to) => turn({ from: iso(Math.max(0, Math.floor(from - step / 2))), to: iso(Math.ceil(to + step / 2)), event: null })} />
      {r.counts?.partial && <span class="dim">{t("search.times.partial")}</span>}
    </div>
  );
}

export function Search() {
  const { query } = usePlace(), q = query.get("q") ?? "", isFor = query.get("for") ?? "", live = query.has("live"), event = query.get("event") ?? "";
  const range = rangeOf(query), limit = Math.min(MOST, Number(query.get("limit")) || ROWS);
  const [filter, commands] = filterOf(q), asks = query.has("q") && !live;
  const question = useMemo((): Given => ({ q, ...range, ...(isFor ? { for: isFor } : {}), limit }), [q, JSON.stringify(range), isFor, limit]);
  const found = useSearch(asks ? question : null);
  const cols = useMemo(() => (query.get("cols")?.split(",").filter(Boolean).map(unpacked) ?? USUAL_COLS), [query.get("cols")]);
  const [at, setAt] = useState(0), [side, setSide] = useState(innerWidth > 1000), input = useRef<HTMLInputElement>(null);
  const tail = useTail(live ? filter || "*" : null, event !== "" || at > 0);
  useStore(density);

  const rows = live ? tail.rows : found.rows, isTable = !live && found.columns !== undefined;
  const table = useMemo((): Cells[] => found.table.map((cells, id) => ({ id, cells })), [found.table]);
  const marks = useMemo(() => wordsOf(filter), [filter]), n = isTable ? table.length : rows.length, here = Math.min(at, Math.max(0, n - 1));
  const known = event ? rows.find((r) => idOf(r) === event) : undefined;
  useEffect(() => { setAt(0); }, [JSON.stringify(question), live]);
  useEffect(() => { if (asks && found.counts && !found.busy) noteAsked(query); }, [found.counts]);
  // A link names an event of the list: the row goes there once.
  useEffect(() => {
    const i = event && !found.busy ? rows.findIndex((r) => idOf(r) === event) : -1;
    if (i >= 0) setAt(i);
  }, [found.busy]);

  const run = (next: string): void => {
    if (next === q && asks) found.again();
    else turn({ q: next || "*", event: null, limit: null });
  };
  const open = (r: Found | undefined): void => { if (r) turn({ event: idOf(r) }, event !== ""); };
  const shut = (): void => turn({ event: null }, true);
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(n - 1, here + step));
    setAt(next);
    if (event && rows[next] && !isTable) turn({ event: idOf(rows[next] as Found) }, true);
  };
  const setCols = (next: string[]): void => turn({ cols: next.join(",") === USUAL_COLS.join(",") ? null : next.map(packed).join(",") }, true);
  const take = (): void => openExport(question, { rows: [...rows], columns: found.columns, table: found.table, counts: live ? undefined : found.counts }, live || found.stopped, cols);
  useKeys("page.search", [
    { key: "j", label: "keys.down", run: () => move(1), quiet: true }, { key: "k", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "ArrowDown", label: "keys.down", run: () => move(1), quiet: true }, { key: "ArrowUp", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "Home", label: "keys.first", run: () => move(-n), quiet: true }, { key: "End", label: "keys.last", run: () => move(n), quiet: true },
    { key: "PageDown", label: "search.page.down", run: () => move(20), quiet: true }, { key: "PageUp", label: "search.page.up", run: () => move(-20), quiet: true },
    { key: "Enter", label: "keys.open", run: () => { if (!isTable) open(rows[here]); }, quiet: true },
    { key: "o", label: "keys.open", run: () => { if (event) shut(); else if (!isTable) open(rows[here]); }, quiet: true },
    { key: "Escape", label: "keys.back", run: () => { if (event) shut(); else if (found.busy) found.stop(); }, quiet: true },
    { key: "/", label: "search.query", run: () => { input.current?.focus(); input.current?.select(); } },
    { key: "r", label: "search.again", run: found.again, off: !asks },
    { key: "t", label: live ? "search.live.end" : "search.live", run: () => turn({ live: live ? null : 1, event: null }) },
    { key: ".", label: "keys.fresh", run: () => { tail.show(); setAt(0); }, off: tail.fresh.length === 0 },
    { key: "f", label: "search.fields", run: () => setSide(!side) },
    { key: "h", label: "search.mine", run: openKept },
    { key: "Shift+S", label: "search.keep", run: () => keepQuery(query), off: !q },
    { key: "x", label: "search.export", run: take, off: n === 0 },
  ]);
  const taken = useTaken(found, JSON.stringify(question));
  const error = live ? tail.error : found.error, atPlace = !live && error?.status === 400;
  const person = !live && error && wantsCase(error.status, error.message);
  const only = event !== "" && !query.has("q") && !live;
  const showSide = side && !isTable && rows.length > 0;
  // What does not change when the reader goes from row to row is not drawn again.
  const lang = useLang(), own = isTable && found.columns?.[0] === "time" && commands.includes("histogram") ? found : undefined;
  const timesView = useMemo(() => (asks && taken ? <Times question={question} own={own} /> : null), [asks && taken, question, own && found.table, lang]);
  const sideView = useMemo(() => (showSide ? <Side rows={rows} cols={cols} setCols={setCols} question={question} /> : null), [showSide, rows, cols, question, lang]);
  const eventCols = useMemo(() => eventColumns(cols, marks), [cols, marks, lang]);
  return (
    <div class={`search ${only ? "only" : event ? "split" : ""} ${showSide ? "sided" : ""}`}>
      <header class="bar">
        <h1 class="unseen">{t("page.search")}</h1>
        <QueryLine value={q} run={run} input={input} error={atPlace ? error : undefined} />
        {!live && <RangePicker />}
        {found.busy ? <button type="button" class="main" onClick={found.stop}>{t("search.stop")} <kbd>Esc</kbd></button> :
          <button type="button" class="main" onClick={() => run((input.current?.value ?? q).trim())}>{t("search.run")} <kbd>↵</kbd></button>}
        <button type="button" aria-pressed={live} onClick={() => turn({ live: live ? null : 1, event: null })}>{t("search.live")} <kbd>t</kbd></button>
        <button type="button" onClick={openKept}>{t("search.mine")} <kbd>h</kbd></button>
        {q && <button type="button" class="plain" onClick={() => keepQuery(query)}>{t("search.keep")}</button>}
        {n > 0 && <button type="button" onClick={take}>{t("search.export")} <kbd>x</kbd></button>}
        <CaseChip of={isFor} />
      </header>
      {person ? <CasePicker /> : !atPlace && error && (error.message || error.status) ? <Problem of={error} again={live ? () => turn({ live: null }) : found.again} /> : null}
      {live && commands && <p class="dim note">{t("search.live.filter")}</p>}
      {timesView}
      <div class="status">
        {live ? <span role="status">{t("search.tail", { n: number(rows.length) })}{tail.skipped > 0 && <b class="partial"> {t("search.skipped", { n: number(tail.skipped) })}</b>}</span> : <Looked of={found} rows={n} />}
        {!live && found.counts?.more && limit < MOST && <button type="button" class="plain" onClick={() => turn({ limit: MOST })}>{t("search.more", { n: number(MOST) })}</button>}
        {!isTable && rows.length > 0 && <span class="columns">
          <button type="button" class="plain" aria-pressed={side} onClick={() => setSide(!side)}>{t("search.fields")} <kbd>f</kbd></button>
          {cols.map((c, i) => <span class="chip"><Text of={c === "time" ? t("event.time") : c === "event" ? t("search.event") : c} />
            {i > 0 && <button type="button" class="plain" aria-label={t("search.column.left", { name: c })} onClick={() => setCols([...cols.slice(0, i - 1), c, cols[i - 1] as string, ...cols.slice(i + 1)])}>‹</button>}
            {cols.length > 1 && <button type="button" class="plain" aria-label={t("search.column.drop", { name: c })} onClick={() => setCols(cols.filter((x) => x !== c))}>✕</button>}</span>)}
          {USUAL_COLS.some((c) => !cols.includes(c)) && <button type="button" class="plain" onClick={() => setCols([...new Set([...USUAL_COLS.slice(0, 2), ...cols, "event"])])}>{t("search.columns.usual")}</button>}
        </span>}
      </div>
      {tail.fresh.length > 0 && <button type="button" class="fresh" onClick={() => { tail.show(); setAt(0); }}>{t("search.fresh", { n: number(tail.fresh.length) })} <kbd>.</kbd></button>}
      <div class="found">
        {sideView}
        {isTable ? <List label={t("search.table")} rows={table} columns={tableColumns(found.columns as string[], table)} id={(r) => r.id} at={here} setAt={setAt} height={rowHeight()} stacked /> :
          rows.length > 0 ? <List label={t("search.results")} rows={rows} columns={eventCols} id={(r) => idOf(r).replace(":", "-")} at={here} setAt={setAt} open={open} height={rowHeight()} stacked /> :
            !only && <div class="none">{live ? <p class="empty">{t("search.live.waits")}</p> : !query.has("q") && !event ? <Start /> :
              asks && !found.busy && !error ? <p class="empty">{t("search.none")}</p> : null}</div>}
        {event && <EventPane id={event} known={known} close={shut} />}
      </div>
    </div>
  );
}

const examples = ["\"failed password\"", "host:srv-01 since:-2h", "src_ip:10.0.0.0/8 and not host:fw*", "EventID:4625 | top TargetUserName", "* | histogram 1h by host", "* | rare 20 process"];

function Start() {
  return (
    <div class="start">
      <p>{t("search.start")}</p>
      <ul class="short">{examples.map((x) => <li><a href={`/search?q=${encodeURIComponent(x)}`}><code>{x}</code></a></li>)}</ul>
      <p class="dim">{t("search.start.more")}</p>
    </div>
  );
}
