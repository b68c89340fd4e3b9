// Small things that many pages show.
import type { ComponentChildren } from "preact";
import type { Refused } from "../lib/api";
import { lang, t, tv, useLang } from "../lib/i18n";
import { ago, full, short, span } from "../lib/time";
import { useNow } from "../lib/use";
import { Said } from "./said";

export const levels = ["critical", "high", "medium", "low", "informational"] as const;
export type LevelName = (typeof levels)[number];

/** Colour is not alone: the mark has as many strokes as the level is grave, and the word stands beside it or is read. */
export function Level({ of, word = true }: { of: string; word?: boolean }) {
  const n = 5 - levels.indexOf(of as LevelName);
  if (n > 5) return <span class="dim">–</span>; // a correlation may have none
  return (
    <span class={`level level-${of}`} title={word ? undefined : tv("level", of)}>
      <svg viewBox="0 0 14 12" width="14" height="12" aria-hidden="true">
        {[0, 1, 2, 3, 4].map((i) => <rect x={i * 3} y={9 - i * 2} width="2" height={3 + i * 2} class={i < n ? "lit" : "dim"} />)}
      </svg>
      <span class={word ? "" : "unseen"}>{tv("level", of)}</span>
    </span>
  );
}

export function Pill({ kind = "", children }: { kind?: string; children: ComponentChildren }) {
  return <span class={`pill ${kind}`}>{children}</span>;
}

/** A time as people say it, with the exact one behind it. */
export function Ago({ at }: { at: string | null | undefined }) {
  const now = useNow(10000);
  return at ? <time dateTime={at} title={full(at)}>{ago(at, now)}</time> : <span class="dim">–</span>;
}

export function When({ at }: { at: string | null | undefined }) {
  return at ? <time dateTime={at} title={full(at)}>{short(at)}</time> : <span class="dim">–</span>;
}

/** What is left until then; behind it: how much too late. */
export function Left({ until }: { until: string }) {
  const now = useNow(1000), s = (Date.parse(until) - now) / 1000;
  const kind = s < 0 ? "bad" : s < 7200 ? "warn" : "";
  return <time class={`left ${kind}`} dateTime={until} title={full(until)}>
    {s < 0 ? t("ui.late", { span: span(-s) }) : t("ui.left", { span: span(s) })}</time>;
}

/** What the server refused: our sentence, then its own. */
export function Problem({ of, again }: { of: Refused | undefined; again?: () => void }) {
  if (!of) return null;
  const key = of.status === 0 ? "ui.problem.net" : of.status === 403 ? "ui.problem.403" :
    of.status === 429 ? "ui.problem.429" : of.status >= 500 ? "ui.problem.busy" : "ui.problem.other";
  return (
    <div class="problem" role="alert">
      <strong>{t(key, { wait: of.wait })}</strong>
      {of.message && of.status !== 0 && <span class="why"><Said of={of.message} /></span>}
      {again && <button type="button" onClick={again}>{t("ui.again")}</button>}
    </div>
  );
}

export function Empty({ text }: { text: string }) {
  return <p class="empty">{text}</p>;
}

export function Key({ of }: { of: string }) {
  return <>{of.split(" ").map((k) => <kbd>{k.replace("Ctrl+", "Ctrl ").replace("Shift+", "⇧ ")}</kbd>)}</>;
}

/** Heading and body of a part of a page. */
export function Part({ title, side, children, kind = "" }:
  { title: string; side?: ComponentChildren; children: ComponentChildren; kind?: string }) {
  return (
    <section class={`part ${kind}`} aria-label={title}>
      <header><h2>{title}</h2>{side}</header>
      {children}
    </section>
  );
}

/** Name and value, side by side. */
export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.filter(([, v]) => v !== null && v !== undefined && v !== "" && v !== false)
        .map(([name, v]) => <><dt>{name}</dt><dd>{v}</dd></>)}
    </dl>
  );
}

export function Switch<T extends string>({ label, of, value, set }:
  { label: string; of: readonly [T, string][]; value: T; set: (v: T) => void }) {
  useLang();
  return (
    <div class="switch" role="group" aria-label={label} data-lang={lang.get()}>
      {of.map(([v, text]) => <button type="button" aria-pressed={v === value} onClick={() => set(v)}>{text}</button>)}
    </div>
  );
}
