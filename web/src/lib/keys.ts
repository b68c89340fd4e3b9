// Commands and their keys: a row each. The list behind `?` and the palette come from the rows that are there.
import { useEffect, useRef } from "preact/hooks";
import { store } from "./store";

export interface Command {
  /** "j", "g a", "Shift+X", "Ctrl+K"; none: in the palette only */
  key?: string;
  /** the key of its text */
  label: string;
  run: () => void;
  /** it cannot be done now: shown, but dead */
  off?: boolean;
  /** not in the palette (moving about) */
  quiet?: boolean;
}
export interface Group {
  /** the key of its heading's text */
  title: string;
  commands: Command[];
}

export const groups = store<readonly Group[]>([]);
let first = "";
let timer = 0;

function name(e: KeyboardEvent): string {
  const key = e.key.length === 1 ? (e.shiftKey && /[a-z]/i.test(e.key) ? "Shift+" + e.key.toUpperCase() : e.key) : e.key;
  return (e.ctrlKey || e.metaKey ? "Ctrl+" : "") + (e.altKey ? "Alt+" : "") +
    (e.shiftKey && e.key.length > 1 ? "Shift+" : "") + key;
}

function typing(target: EventTarget | null): boolean {
  const el = target as HTMLElement | null;
  return !!el?.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog[open]");
}

export function findCommand(key: string): Command | undefined {
  for (const group of [...groups.get()].reverse()) {
    const c = group.commands.find((x) => x.key === key);
    if (c) return c;
  }
  return undefined;
}

function begins(key: string): boolean {
  return groups.get().some((g) => g.commands.some((c) => c.key?.startsWith(key + " ")));
}

addEventListener("keydown", (e) => {
  const key = name(e), target = e.target as HTMLElement | null;
  if (e.defaultPrevented || e.isComposing || (typing(target) && !key.startsWith("Ctrl+"))) return;
  if (document.querySelector("dialog[open]")) return;
  // Enter and space are the focused control's own.
  if ((key === "Enter" || key === " ") && target?.closest("a, button, summary")) return;
  const whole = first ? first + " " + key : key, c = findCommand(whole) ?? (first ? undefined : findCommand(key));
  clearTimeout(timer);
  first = "";
  if (c) {
    e.preventDefault();
    if (!c.off) c.run();
  } else if (begins(key)) {
    first = key;
    timer = setTimeout(() => { first = ""; }, 1500);
  }
});

/** The commands of what is on the screen, for as long as it is. */
export function useKeys(title: string, commands: Command[]): void {
  const group = useRef<Group>({ title, commands });
  group.current.commands = commands;
  useEffect(() => {
    const g = group.current;
    groups.set([...groups.get(), g]);
    return () => groups.set(groups.get().filter((x) => x !== g));
  }, []);
}
