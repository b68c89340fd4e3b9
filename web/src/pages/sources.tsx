// Who sends: is he heard, how much, how well understood; and how to connect a new one.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { number, t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { go, turn, usePlace } from "../lib/router";
import { is } from "../lib/session";
import { parsed, Source, sources, states } from "../lib/source";
import { useStore } from "../lib/store";
import { density, rowHeight } from "../lib/theme";
import { collate } from "../lib/time";
import { useAsk, useNow } from "../lib/use";
import { actForm } from "../ui/act";
import { Ago, Pill, Problem } from "../ui/bits";
import { Column, List } from "../ui/list";
import { fold } from "../ui/palette";
import { Text } from "../ui/text";
import { Connect } from "./sources/connect";
import { kindOf, SourcePane } from "./sources/pane";

const ASK_MS = 10000;

/** Events a second of each, between the last two answers. */
function useRates(rows: readonly Source[] | undefined): ReadonlyMap<string, number> {
  const last = useRef<{ at: number; received: Map<string, number> }>(undefined), [rates, setRates] = useState<ReadonlyMap<string, number>>(new Map());
  useEffect(() => {
    if (!rows) return;
    const at = performance.now(), received = new Map(rows.flatMap((r) => (r.count ? [[r.key, r.count.received] as const] : []))), before = last.current;
    if (before && at > before.at + 1000) {
      setRates(new Map([...received].map(([key, n]) => [key, Math.max(0, n - (before.received.get(key) ?? n)) / ((at - before.at) / 1000)])));
    }
    if (!before || at > before.at + 1000) last.current = { at, received };
  }, [rows]);
  return rates;
}

function columns(rates: ReadonlyMap<string, number>): Column<Source>[] {
  return [
    { name: "title", title: "source.name", width: "minmax(170px, 2.4fr)", cell: (s) => <Text of={s.source} /> },
    { name: "state", title: "source.state", width: "112px", cell: (s) => <Pill kind={kindOf(s.state)}>{t(`source.state.${s.state}`)}</Pill> },
    { name: "last", title: "source.last", width: "130px", cell: (s) => <Ago at={s.last} /> },
    { name: "input", title: "search.input", width: "96px", from: 670, cell: (s) => s.input },
    { name: "rate", title: "source.now", width: "92px", end: true, from: 560, cell: (s) => { const r = rates.get(s.key); return r === undefined ? "–" : number(r, r > 0 && r < 10 ? 1 : 0); } },
    { name: "received", title: "watch.received", width: "96px", end: true, from: 770, cell: (s) => number(s.count?.received ?? 0) },
    { name: "refused", title: "watch.refused", width: "80px", end: true, from: 860, cell: (s) => { const n = (s.count?.refused ?? 0) + (s.count?.dropped ?? 0); return <span class={n > 0 ? "warntext" : "dim"}>{number(n)}</span>; } },
    { name: "parsed", title: "source.parsed", width: "88px", end: true, from: 960, cell: (s) => { const p = parsed(s.count); return p === undefined ? <span class="dim">–</span> : <span class={p < 90 ? "warntext" : ""}>{number(p, p < 100 ? 1 : 0)} %</span>; } },
    { name: "system", title: "source.system", width: "minmax(100px, 1fr)", from: 1060, cell: (s) => (s.system ? <Text of={s.system.code} /> : <span class="dim">{t("source.nosystem")}</span>) },
  ];
}

const order = (s: Source): number => ["silent", "late", "never", "active", "muted"].indexOf(s.state);

function Health() {
  const { query } = usePlace(), state = query.get("state") ?? "", text = query.get("text") ?? "", wanted = query.get("source") ?? "";
  const asked = useAsk(sources, [Math.floor(useNow(ASK_MS) / ASK_MS)]), all = asked.rows, rates = useRates(all);
  const [at, setAt] = useState(0), filter = useRef<HTMLInputElement>(null);
  useStore(density);
  const rows = useMemo(() => (all ?? []).filter((s) => (!state || s.state === state) && (!text || fold(`${s.source} ${s.input} ${s.system?.code ?? ""} ${s.system?.name ?? ""}`).includes(fold(text))))
    .sort((a, b) => order(a) - order(b) || collate(a.source, b.source)), [all, state, text]);
  const here = Math.min(at, Math.max(0, rows.length - 1)), shown = wanted ? (all ?? []).find((s) => s.key === wanted) : undefined;
  const open = (s: Source | undefined): void => { if (s) turn({ source: s.key }, wanted !== ""); };
  const shut = (): void => turn({ source: null }, true);
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, here + step));
    setAt(next);
    if (wanted) open(rows[next]);
  };
  const one = shown ?? rows[here], may = is("officer", "administrator");
  useKeys("page.sources", [
    { key: "j", label: "keys.down", run: () => move(1), quiet: true }, { key: "k", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "ArrowDown", label: "keys.down", run: () => move(1), quiet: true }, { key: "ArrowUp", label: "keys.up", run: () => move(-1), quiet: true },
    { key: "Enter", label: "keys.open", run: () => open(rows[here]), quiet: true }, { key: "o", label: "keys.open", run: () => (wanted ? shut() : open(rows[here])), quiet: true },
    { key: "Escape", label: "keys.back", run: shut, quiet: true },
    { key: "/", label: "keys.filter", run: () => filter.current?.focus() },
    { key: "a", label: "act.source.assign", off: !may || !one, run: () => actForm("source.assign", { source: one?.source }) },
    { key: "+", label: "connect.title", run: () => go("/sources/connect") },
  ]);
  const count = (s: string): number => (all ?? []).filter((x) => x.state === s).length;
  return (
    <div class={`queue ${shown ? "split" : ""}`}>
      <div class="left">
        <header class="bar"><h1>{t("page.sources")}</h1>
          <form role="search" onSubmit={(e) => e.preventDefault()}><input ref={filter} type="search" aria-label={t("keys.filter")} placeholder={t("source.filter")} value={text}
            onInput={(e) => turn({ text: e.currentTarget.value }, true)} onKeyDown={(e) => { if (e.key === "Escape") e.currentTarget.blur(); }} /></form>
          <a class="button main" href="/sources/connect">{t("connect.title")} <kbd>+</kbd></a></header>
        <div class="cards" role="group" aria-label={t("source.state")}>
          <button type="button" aria-pressed={state === ""} onClick={() => turn({ state: null })}><b>{number(all?.length ?? 0)}</b> {t("source.total")}</button>
          {states.filter((s) => s !== "muted" || count(s) > 0).map((s) => <button type="button" class={count(s) > 0 ? kindOf(s) : ""} aria-pressed={state === s} onClick={() => turn({ state: state === s ? null : s })}><b>{number(count(s))}</b> {t(`source.state.${s}`)}</button>)}
        </div>
        <Problem of={asked.error} again={asked.again} />
        {rows.length === 0 ? !asked.busy && !asked.error && <p class="empty note">{t(all && all.length > 0 ? "source.none.so" : "source.none")}</p> :
          <List label={t("page.sources")} rows={rows} columns={columns(rates)} id={(s) => s.key.replace(/\W/g, "_")} at={here} setAt={setAt} open={open} height={rowHeight()} stacked />}
      </div>
      {shown && <SourcePane of={shown} rate={rates.get(shown.key)} close={shut} />}
    </div>
  );
}

export function Sources() {
  const { path } = usePlace();
  return path === "/sources/connect" ? <div class="page"><h1>{t("page.sources")}</h1><Connect /></div> : <Health />;
}
