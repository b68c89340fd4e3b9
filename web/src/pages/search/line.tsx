// The line a query is typed in: what may follow is proposed, what is wrong is shown where it is.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { object, Refused } from "../../lib/api";
import { has, number, t } from "../../lib/i18n";
import { bytesAt, unitsAt } from "../../lib/search";
import { Said } from "../../ui/said";
import { Text } from "../../ui/text";
import { filterOf } from "../../ui/value";

interface Proposals {
  from: number;
  items: { kind: string; text: string; help: string }[];
  values?: { text: string; insert: string; count: number }[];
}
interface Choice {
  insert: string;
  shown: string;
  beside: string;
}

const SHOWN = 12;

function helpOf(kind: string, text: string, help: string): string {
  if (kind === "field") return t("search.kind.field");
  const key = `search.help.${text.replace(":", "")}`;
  return has(key) ? t(key) : help;
}

/** What is put there, with what stands behind it. */
function inserted(kind: string, text: string, inFilter: boolean): string {
  if (kind === "field") return inFilter ? text + ":" : text;
  return /[:(]$/.test(text) ? text : text + " ";
}

function choices(p: Proposals, before: string): Choice[] {
  const inFilter = filterOf(before + " x")[1] === "";
  return [
    ...(p.values ?? []).map((v) => ({ insert: v.insert + " ", shown: v.text, beside: number(v.count) })),
    ...p.items.filter((i) => !["(", ")", ",", "|"].includes(i.text))
      .map((i) => ({ insert: inserted(i.kind, i.text, inFilter), shown: i.text, beside: helpOf(i.kind, i.text, i.help) })),
  ].slice(0, 60);
}

export function QueryLine({ value, run, input, error }:
  { value: string; run: (q: string) => void; input: RefObject<HTMLInputElement | null>; error: Refused | undefined }) {
  const [text, setText] = useState(value), [open, setOpen] = useState<Choice[]>([]), [at, setAt] = useState(-1);
  const from = useRef(0), asked = useRef<AbortController | undefined>(undefined), timer = useRef(0);
  useEffect(() => { setText(value); shut(); }, [value]);
  useEffect(() => () => { clearTimeout(timer.current); asked.current?.abort(); }, []);
  const shut = (): void => { clearTimeout(timer.current); asked.current?.abort(); setOpen([]); setAt(-1); };
  const propose = (q: string, cursor: number, wait = 90): void => {
    clearTimeout(timer.current);
    asked.current?.abort();
    timer.current = setTimeout(() => {
      const now = asked.current = new AbortController();
      object<Proposals>("/complete", { q, at: String(bytesAt(q, cursor)) }, now.signal).then((p) => {
        if (document.activeElement !== input.current) return;
        from.current = unitsAt(q, p.from);
        const all = choices(p, q.slice(0, from.current)), typed = q.slice(from.current, cursor);
        setOpen(all.length === 1 && all[0]?.shown === typed ? [] : all);
        setAt(-1);
      }, () => { setOpen([]); });
    }, wait);
  };
  const take = (c: Choice): void => {
    const el = input.current as HTMLInputElement, cursor = el.selectionStart ?? text.length;
    const next = text.slice(0, from.current) + c.insert + text.slice(cursor).replace(/^ /, ""), place = from.current + c.insert.length;
    setText(next);
    setOpen([]);
    setAt(-1);
    requestAnimationFrame(() => { el.focus(); el.setSelectionRange(place, place); propose(next, place, 0); });
  };
  const go = (): void => { shut(); run(text.trim()); };
  const key = (e: KeyboardEvent): void => {
    const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0, chosen = open[at];
    if (step && open.length > 0) {
      e.preventDefault();
      setAt((at + step + (at < 0 && step < 0 ? 1 : 0) + open.length) % open.length);
    } else if (e.key === "Tab" && !e.shiftKey && open.length > 0) {
      e.preventDefault();
      take(chosen ?? (open[0] as Choice));
    } else if (e.key === "Enter") {
      e.preventDefault();
      if (chosen) {
        take(chosen);
      } else {
        go();
        input.current?.blur(); // keys are the results' now; / comes back
      }
    } else if (e.key === "Escape") {
      if (open.length > 0) shut();
      else input.current?.blur();
    } else if (e.key === " " && e.ctrlKey) {
      e.preventDefault();
      propose(text, input.current?.selectionStart ?? text.length, 0);
    }
  };
  const first = Math.max(0, Math.min(at - SHOWN + 1, open.length - SHOWN));
  const wrong = error?.status === 400 && text === value ? unitsAt(value, error.at) : -1;
  return (
    <form class="queryline" role="search" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <div class="box">
        <input ref={input} type="text" spellcheck={false} autocomplete="off" autocapitalize="off" maxLength={4096} value={text}
          role="combobox" aria-label={t("search.query")} aria-expanded={open.length > 0} aria-controls="proposals" aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `proposal-${at}` : undefined} aria-invalid={wrong >= 0} aria-describedby={wrong >= 0 ? "wrong" : undefined}
          placeholder={t("search.placeholder")}
          onInput={(e) => { setText(e.currentTarget.value); propose(e.currentTarget.value, e.currentTarget.selectionStart ?? e.currentTarget.value.length); }}
          onKeyDown={key} onBlur={() => setTimeout(shut, 150)} />
        {open.length > 0 && <ul id="proposals" role="listbox" aria-label={t("search.proposals")}>
          {open.slice(first, first + SHOWN).map((c, k) => (
            <li id={`proposal-${first + k}`} role="option" aria-selected={first + k === at}
              onPointerDown={(e) => { e.preventDefault(); take(c); }}>
              <Text of={c.shown} /> <span class="dim">{c.beside}</span></li>))}
          <li class="dim hint" aria-hidden="true"><kbd>Tab</kbd> {t("search.takes")} <kbd>↵</kbd> {t("search.runs")}</li>
        </ul>}
      </div>
      {wrong >= 0 && error && <p class="wrong" id="wrong" role="alert">
        <code><Text of={value.slice(0, wrong)} /><mark class="here"><Text of={value.slice(wrong, wrong + 1) || " "} /></mark><Text of={value.slice(wrong + 1)} /></code>
        <span><span class="dim">{t("search.place", { n: wrong + 1 })}</span> <Said of={error.message} /></span></p>}
    </form>
  );
}
