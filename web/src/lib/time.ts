// Times are shown in Viet Nam's time unless the user chose another zone; dates as its officials write them.
import { lang, t } from "./i18n";
import { keptStore } from "./store";

export type Zone = "Asia/Ho_Chi_Minh" | "UTC" | "local";
const zones: readonly Zone[] = ["Asia/Ho_Chi_Minh", "UTC", "local"];
export const zone = keptStore<Zone>("zone", "Asia/Ho_Chi_Minh", (v): v is Zone => zones.includes(v as Zone));

const made = new Map<string, Intl.DateTimeFormat>();

function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = kind + zone.get();
  let f = made.get(key);
  if (!f) {
    const z = zone.get();
    f = new Intl.DateTimeFormat("en-GB", { ...options, hourCycle: "h23", ...(z === "local" ? {} : { timeZone: z }) });
    made.set(key, f);
  }
  return f;
}

/** 28/11/2026 17:20:05 */
export function full(at: string | number | Date): string {
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return String(at);
  return format("full", { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit",
    second: "2-digit" }).format(d).replace(",", "");
}

/** 28/11 17:20 */
export function short(at: string | number | Date): string {
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return String(at);
  return format("short", { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" }).format(d)
    .replace(",", "");
}

export function clock(at: string | number | Date): string {
  return format("clock", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at));
}

export function day(at: string | number | Date): string {
  return format("day", { day: "2-digit", month: "2-digit", year: "numeric" }).format(new Date(at));
}

/** Minutes that the chosen zone is before UTC; Viet Nam has no summer time. */
function ahead(at: Date): number {
  return zone.get() === "UTC" ? 0 : zone.get() === "Asia/Ho_Chi_Minh" ? 420 : -at.getTimezoneOffset();
}

/** For an input of kind datetime-local, which knows no zone: that in which times are shown. */
export function toInput(at: unknown): string {
  if (typeof at !== "string" || at === "") return "";
  const d = new Date(at);
  return Number.isNaN(d.getTime()) ? "" : new Date(d.getTime() + ahead(d) * 60000).toISOString().slice(0, 16);
}

export function fromInput(text: string): string {
  const d = new Date(text + "Z");
  return Number.isNaN(d.getTime()) ? "" : new Date(d.getTime() - ahead(new Date(text)) * 60000).toISOString();
}

/** 3 phút, 2 giờ 10 phút, 4 ngày; of seconds. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds)), h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
  if (s < 60) return t("time.s", { n: s });
  if (s < 3600) return t("time.m", { n: m });
  if (s < 172800) return m ? t("time.hm", { h, m }) : t("time.h", { n: h });
  return t("time.d", { n: Math.floor(s / 86400) });
}

export function ago(at: string | number | Date, now = Date.now()): string {
  const s = (now - new Date(at).getTime()) / 1000;
  return s < 0 ? t("time.in", { span: span(-s) }) : t("time.ago", { span: span(s) });
}

/** The words of Intl for sorting names as Vietnamese do. */
export function collate(a: string, b: string): number {
  return a.localeCompare(b, lang.get());
}
