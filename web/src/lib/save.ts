// What was found as a file, made in the browser.
import { asText, Counts, Found, valueOf } from "./search";

/** A cell that no spreadsheet takes for a formula. */
export function csvCell(value: unknown): string {
  const text = asText(value), safe = typeof value !== "number" && /^[=+\-@\t\r\n]/.test(text) ? "'" + text : text;
  return /[",\r\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
}

const row = (cells: readonly unknown[]): string => cells.map(csvCell).join(",") + "\r\n";

/** What is not whole says so behind its last row. */
export function csvOf(names: readonly string[], rows: readonly (readonly unknown[])[], why: string): string {
  return "\ufeff" + row(names) + rows.map(row).join("") + (why ? row(["#partial", why]) : "");
}

export function cells(rows: readonly Found[], names: readonly string[]): unknown[][] {
  return rows.map((r) => names.map((n) => valueOf(r, n)));
}

export function jsonl(rows: readonly unknown[], why: string): string {
  return rows.map((r) => JSON.stringify(r) + "\n").join("") + (why ? JSON.stringify({ partial: true, why }) + "\n" : "");
}

/** Why it is not all there is; "" when it is. */
export function lacking(counts: Counts | undefined, stopped: boolean, table: boolean): string {
  if (stopped || !counts) return "stopped";
  return counts.partial ? counts.why ?? "partial" : counts.more || (!table && counts.found > counts.shown) ? `the newest ${counts.shown}` : "";
}

export function download(name: string, type: string, text: string): void {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([text], { type }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}

/** A word of a shell. */
export function shell(word: string): string {
  return /^[\w.:/@%+=,-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'";
}
