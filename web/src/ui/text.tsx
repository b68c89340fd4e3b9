// Text from outside: characters that would act (control, direction, invisible) are shown instead, and nothing is markup.
import type { ComponentChildren } from "preact";
import { t } from "../lib/i18n";

// C0 but tab and newline, C1, soft hyphen, marks and overrides of direction, zero-width, tags, and what is no character.
const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ud800-\udfff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;

function code(c: string): string {
  return "U+" + (c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
}

function plain(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let run = "";
  for (const c of text.replace(/\r\n/g, "\n")) {
    if (!acting.test(c)) {
      run += c;
      continue;
    }
    if (run) parts.push(run);
    run = "";
    parts.push(<span class="acting" title={t("ui.acting", { code: code(c) })}>{code(c)}</span>);
  }
  if (run) parts.push(run);
  return parts;
}

/** Where `marks` are in `text`, without regard to case: [from, to) that do not overlap. */
function found(text: string, marks: readonly string[]): [number, number][] {
  const low = text.toLowerCase(), at: [number, number][] = [];
  if (low.length !== text.length) return at; // a letter whose small form is longer: better no mark than a wrong one
  for (const mark of marks) {
    const m = mark.toLowerCase();
    for (let i = m ? low.indexOf(m) : -1; i >= 0; i = low.indexOf(m, i + m.length)) at.push([i, i + m.length]);
  }
  at.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  return at.filter((x, i) => at.slice(0, i).every((y) => y[1] <= x[0]));
}

export function Text({ of, marks = [] }: { of: unknown; marks?: readonly string[] }) {
  const text = typeof of === "string" ? of : of == null ? "" : typeof of === "object" ? JSON.stringify(of) : String(of);
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const [from, to] of found(text, marks)) {
    parts.push(...plain(text.slice(at, from)), <mark>{plain(text.slice(from, to))}</mark>);
    at = to;
  }
  parts.push(...plain(text.slice(at)));
  return <bdi class="text">{parts}</bdi>;
}
