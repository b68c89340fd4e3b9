// Light, dark, or as the machine says; dense or comfortable.
import { keptStore } from "./store";

export type Theme = "auto" | "light" | "dark";
export const themes: readonly Theme[] = ["auto", "light", "dark"];
export const theme = keptStore<Theme>("theme", "auto", (v): v is Theme => themes.includes(v as Theme));
export type Density = "dense" | "comfort";
export const density = keptStore<Density>("density", "dense", (v): v is Density => v === "dense" || v === "comfort");

function apply(): void {
  document.documentElement.dataset["theme"] = theme.get();
  document.documentElement.dataset["density"] = density.get();
}
theme.watch(apply);
density.watch(apply);
apply();

const fingers = matchMedia("(pointer: coarse)");

/** Pixels of a row of a list. */
export function rowHeight(): number {
  if (matchMedia("(max-width: 760px)").matches) return 50; // two lines, and a finger's breadth
  return density.get() === "dense" && !fingers.matches ? 30 : 42;
}
