// One's own queries: those asked lately, those kept by name. They stay in this browser.
import { useState } from "preact/hooks";
import { t } from "../../lib/i18n";
import { go } from "../../lib/router";
import { me } from "../../lib/session";
import { keptStore, useStore } from "../../lib/store";
import { Ago } from "../../ui/bits";
import { close, Dialog, open } from "../../ui/dialog";
import { fold } from "../../ui/palette";
import { Text } from "../../ui/text";

interface Asked {
  q: string;
  at: string;
  name?: string;
  /** the rest of the address: time, columns */
  rest: string;
}
type Kept = Record<string, Asked[]>;
const good = (v: unknown): v is Kept => typeof v === "object" && v !== null &&
  Object.values(v).every((all) => Array.isArray(all) && all.every((x: unknown) => typeof (x as Asked).q === "string"));

const history = keptStore<Kept>("search.history", {}, good), saved = keptStore<Kept>("search.saved", {}, good);
const MOST = 100;
const who = (): string => me.get()?.name ?? "";
const mine = (of: Kept): Asked[] => of[who()] ?? [];

function restOf(query: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ["from", "to", "cols"]) if (query.get(name)) kept.set(name, query.get(name) as string);
  return kept.toString();
}

export function noteAsked(query: URLSearchParams): void {
  const q = query.get("q") ?? "";
  if (q) history.set({ ...history.get(), [who()]: [{ q, at: new Date().toISOString(), rest: restOf(query) }, ...mine(history.get()).filter((x) => x.q !== q)].slice(0, MOST) });
}

function visit(x: Asked): void {
  close();
  go(`/search?q=${encodeURIComponent(x.q)}${x.rest ? "&" + x.rest : ""}`);
}

function Keep({ query }: { query: URLSearchParams }) {
  const q = query.get("q") ?? "";
  const send = (e: Event): void => {
    e.preventDefault();
    const name = ((e.currentTarget as HTMLFormElement).elements.namedItem("name") as HTMLInputElement).value.trim();
    if (!name) return;
    saved.set({ ...saved.get(), [who()]: [...mine(saved.get()).filter((x) => x.name !== name), { q, name, at: new Date().toISOString(), rest: restOf(query) }] });
    close();
  };
  return (
    <Dialog title={t("search.keep")}>
      <form class="actform" onSubmit={send}>
        <p><code><Text of={q} /></code></p>
        <div class="field"><label for="name">{t("search.name")}</label><input id="name" name="name" required maxLength={60} autofocus autocomplete="off" /></div>
        <footer><button type="button" onClick={close}>{t("ui.cancel")}</button><button type="submit" class="main">{t("search.keep")}</button></footer>
      </form>
    </Dialog>
  );
}

function Lists() {
  const all = useStore(history), kept = useStore(saved), [text, setText] = useState("");
  const has = (x: Asked): boolean => fold(`${x.name ?? ""} ${x.q}`).includes(fold(text));
  const part = (title: string, rows: Asked[], drop: (x: Asked) => void): preact.JSX.Element => (
    <section><h3>{t(title)}</h3>
      {rows.length === 0 ? <p class="empty">{t("ui.nothing")}</p> : <ul class="short">{rows.map((x) => (
        <li class="asked"><button type="button" class="plain" onClick={() => visit(x)}>{x.name && <b><Text of={x.name} /> </b>}<code><Text of={x.q} /></code></button>
          <span class="dim"><Ago at={x.at} /> <button type="button" class="plain" aria-label={t("search.forget")} onClick={() => drop(x)}>✕</button></span></li>))}</ul>}</section>
  );
  const without = (of: Kept, x: Asked): Kept => ({ ...of, [who()]: mine(of).filter((y) => y !== x) });
  return (
    <Dialog title={t("search.mine")} wide>
      <div class="actform">
        <input type="search" autofocus aria-label={t("keys.filter")} placeholder={t("keys.filter")} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        {part("search.saved", mine(kept).filter(has), (x) => saved.set(without(saved.get(), x)))}
        {part("search.history", mine(all).filter(has), (x) => history.set(without(history.get(), x)))}
        <p class="dim">{t("search.mine.where")}</p>
      </div>
    </Dialog>
  );
}

export function openKept(): void {
  open(() => <Lists />);
}

export function keepQuery(query: URLSearchParams): void {
  if (query.get("q")) open(() => <Keep query={query} />);
}
