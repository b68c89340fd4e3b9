// A sentence of the server, which is English, in Vietnamese: by the patterns of data/locale/sentences.json. Knows no page.

/** What {1:list} shows for a value: the text of a key "list.value"; undefined where there is none. {1:one|other} asks both. */
export type Label = (list: string, value: string) => string | undefined;
export type Say = (sentence: string) => string | undefined;

interface Pattern {
  match: RegExp;
  /** the number of the hole that each group is of */
  holes: string[];
  vi: string;
}

const DEEP = 4; // a sentence in a sentence in a sentence

function compiled(en: string, vi: string): Pattern {
  const holes: string[] = [];
  const text = en.replace(/\{(\d+)(d?)\}|[.*+?^${}()|[\]\\]/g, (all, hole?: string, digits?: string) => {
    if (hole === undefined) return "\\" + all;
    if (holes.includes(hole)) return `\\${holes.indexOf(hole) + 1}`;
    holes.push(hole);
    return digits ? "(-?\\d+)" : "([^]*?)";
  });
  return { match: new RegExp(`^${text}$`), holes, vi };
}

/** How much of a pattern is not hole: of two that match, the one that says more is meant. */
function said(en: string): number {
  return en.replace(/\{\d+d?\}/g, "").length;
}

/** Says sentences by these rows, English pattern → Vietnamese; undefined: it is none of them. */
export function sayer(rows: Record<string, string>, label: Label): Say {
  const patterns = Object.entries(rows).filter(([en]) => /\{\d/.test(en)).sort(([a], [b]) => said(b) - said(a))
    .map(([en, vi]) => compiled(en, vi));

  const filled = (p: Pattern, got: string[], deep: number): string =>
    p.vi.replace(/\{(\d+)d?(?::([\w.|]+))?\}/g, (_, hole: string, lists?: string) => {
      const value = got[p.holes.indexOf(hole) + 1] ?? "";
      if (!lists) return say(value, deep + 1) ?? value;
      return lists.split("|").map((list) => label(list, value)).find((text) => text !== undefined) ?? value;
    });

  /** "reason: This is missing.": the field by its name. */
  const ofField = (text: string, deep: number): string | undefined => {
    const field = /^([a-z][a-z_\d]*): ([^]+)$/.exec(text), rest = field ? say(field[2] as string, deep + 1) : undefined;
    return field && rest !== undefined ? `${label("field", field[1] as string) ?? field[1]}: ${rest}` : undefined;
  };

  /** Whatever else stands before: a file, a line. */
  const behind = (text: string, deep: number): string | undefined => {
    for (let at = text.indexOf(": "); at > 0; at = text.indexOf(": ", at + 1)) {
      const before = text.slice(0, at), rest = say(text.slice(at + 2), deep + 1);
      if (rest !== undefined) return `${before}: ${rest}`;
    }
    return undefined;
  };

  /** Several, one behind another. */
  const several = (text: string, deep: number): string | undefined => {
    const parts = text.split(/(?<=[.?]) (?=[A-Z\d]|[a-z]+: )/);
    if (parts.length < 2) return undefined;
    const all = parts.map((part) => say(part, deep + 1));
    return all.includes(undefined) ? undefined : all.join(" ");
  };

  function say(text: string, deep: number): string | undefined {
    if (text === "" || deep > DEEP) return undefined;
    if (Object.hasOwn(rows, text)) return rows[text];
    const named = ofField(text, deep);
    if (named !== undefined) return named;
    for (const p of patterns) {
      const got = p.match.exec(text);
      if (got) return filled(p, got, deep);
    }
    return behind(text, deep) ?? several(text, deep);
  }
  return (text) => say(text.trim(), 0);
}
