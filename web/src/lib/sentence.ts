// A sentence of the server, which is English, in Vietnamese: by the patterns of data/locale/sentences.json. Knows no page.
//
// What fills a hole may be a sentence itself, and what stands before a colon a field, a file, a line. Of all ways to read a
// text that is taken which knows most of its letters: a short pattern with wide holes has none left where a long one is meant.

/** What {1:list} shows for a value: the text of a key "list.value"; undefined where there is none. {1:one|other} asks both. */
export type Label = (list: string, value: string) => string | undefined;
export type Say = (sentence: string) => string | undefined;

interface Pattern {
  match: RegExp;
  /** the number of the hole that each group is of */
  holes: string[];
  vi: string;
  letters: number;
}

interface Reading {
  vi: string;
  /** how many letters of the text are known */
  letters: number;
}

const DEEP = 4; // a sentence in a sentence in a sentence
const PARTS_MAX = 8, LETTERS_MAX = 2000; // a text that comes from outside costs no more than this

function compiled(en: string, vi: string): Pattern {
  const holes: string[] = [];
  const text = en.replace(/\{(\d+)(d?)\}|[.*+?^${}()|[\]\\]/g, (all, hole?: string, digits?: string) => {
    if (hole === undefined) return "\\" + all;
    if (holes.includes(hole)) return `\\${holes.indexOf(hole) + 1}`;
    holes.push(hole);
    return digits ? "(-?\\d+)" : "([^]*?)";
  });
  return { match: new RegExp(`^${text}$`), holes, vi, letters: en.replace(/\{\d+d?\}/g, "").length };
}

function better(a: Reading | undefined, b: Reading | undefined): Reading | undefined {
  return a && (!b || a.letters >= b.letters) ? a : b;
}

/** Says sentences by these rows, English pattern → Vietnamese; undefined: it is none of them. */
export function sayer(rows: Record<string, string>, label: Label): Say {
  const patterns = Object.entries(rows).filter(([en]) => /\{\d/.test(en)).map(([en, vi]) => compiled(en, vi))
    .sort((a, b) => b.letters - a.letters);
  const known = new Map<string, Reading | undefined>(); // of the sentence at hand: its parts come up again and again

  function filled(p: Pattern, got: string[], deep: number): Reading {
    let letters = p.letters;
    const vi = p.vi.replace(/\{(\d+)d?(?::([\w.|]+))?\}/g, (_, hole: string, lists?: string) => {
      const value = got[p.holes.indexOf(hole) + 1] ?? "";
      if (lists) return lists.split("|").map((list) => label(list, value)).find((text) => text !== undefined) ?? value;
      const inner = read(value, deep + 1);
      letters += inner?.letters ?? 0;
      return inner?.vi ?? value;
    });
    return { vi, letters };
  }

  /** "reason: This is missing.": the field by its name; a file or a line as it is. */
  function behind(text: string, deep: number): Reading | undefined {
    let best: Reading | undefined;
    for (let at = text.indexOf(": "), n = 0; at > 0 && n < PARTS_MAX; at = text.indexOf(": ", at + 1), n++) {
      const before = text.slice(0, at), rest = read(text.slice(at + 2), deep + 1);
      if (rest) best = better(best, { vi: `${(n === 0 ? label("field", before) : undefined) ?? before}: ${rest.vi}`, letters: rest.letters });
    }
    return best;
  }

  /** Several, one behind another. */
  function several(text: string, deep: number): Reading | undefined {
    const parts = text.split(/(?<=[.?]) (?=[A-Z\d]|[a-z]+: )/);
    if (parts.length < 2 || parts.length > PARTS_MAX) return undefined;
    const all = parts.map((part) => read(part, deep + 1));
    if (!all.every((x) => x !== undefined)) return undefined;
    return { vi: all.map((x) => x.vi).join(" "), letters: all.reduce((n, x) => n + x.letters, 0) };
  }

  function read(text: string, deep: number): Reading | undefined {
    const key = `${deep} ${text}`;
    if (text === "" || deep > DEEP) return undefined;
    if (!known.has(key)) known.set(key, readNew(text, deep));
    return known.get(key);
  }

  function readNew(text: string, deep: number): Reading | undefined {
    if (Object.hasOwn(rows, text)) return { vi: rows[text] as string, letters: text.length };
    let best: Reading | undefined;
    for (const p of patterns) {
      const got = p.match.exec(text);
      if (got) best = better(best, filled(p, got, deep));
    }
    return better(better(best, behind(text, deep)), several(text, deep));
  }

  return (text) => {
    known.clear();
    return text.length > LETTERS_MAX ? undefined : read(text.trim(), 0)?.vi;
  };
}
