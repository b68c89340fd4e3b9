// Two languages, switched at once: every text is a row of data/locale.
import rows from "texts";
import { keptStore, useStore } from "./store";

export type Lang = "vi" | "en";
const langs: readonly Lang[] = ["vi", "en"];
export const lang = keptStore<Lang>("lang", "vi", (v): v is Lang => langs.includes(v as Lang));

export function has(key: string): boolean {
  return key in rows;
}

/** The text of `key`, with {name} in it replaced. */
export function t(key: string, given?: Record<string, string | number>): string {
  const row = rows[key];
  if (row === undefined) {
    const all = document.documentElement.dataset; // the tests want none
    if (!all["untold"]?.split(" ").includes(key)) all["untold"] = `${all["untold"] ?? ""} ${key}`.trim();
    return key;
  }
  const text = row[langs.indexOf(lang.get())] as string;
  return given ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(given[name] ?? "")) : text;
}

/** The text of a value of a list that the server knows ("alert.state.new"); the value itself where it is none of ours. */
export function tv(list: string, value: string | null | undefined): string {
  if (value == null || value === "") return "";
  return t(`${list}.${value}`);
}

export function useLang(): Lang {
  return useStore(lang);
}

export function setLang(l: Lang): void {
  lang.set(l);
  document.documentElement.lang = l;
}

export function number(n: number, digits = 0): string {
  return n.toLocaleString(lang.get() === "vi" ? "vi-VN" : "en-GB",
    { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
