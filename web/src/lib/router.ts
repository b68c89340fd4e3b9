// The address is the state: what is looked at, filtered and chosen stands in it, so that back, bookmarks and links work.
import { store, useStore } from "./store";

export interface Place {
  path: string;
  query: URLSearchParams;
}

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export const place = store<Place>(here());
addEventListener("popstate", () => place.set(here()));

export function go(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  place.set(here());
}

/** Change parts of the query; "" and null take one away. */
export function turn(parts: Record<string, string | number | null | undefined>, replace = false): void {
  const q = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null || value === undefined || value === "") q.delete(name);
    else q.set(name, String(value));
  }
  const text = q.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  go(location.pathname + (text ? "?" + text : ""), replace);
}

export function usePlace(): Place {
  return useStore(place);
}

/** A value of the query. */
export function useParam(name: string): string {
  return usePlace().query.get(name) ?? "";
}

/** Clicks on links of our own go by here; with a modifier the browser's way. */
export function follow(e: MouseEvent): void {
  const a = (e.target as Element | null)?.closest?.("a");
  if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  if (a.target || a.hasAttribute("download") || a.origin !== location.origin || a.pathname.startsWith("/api/")) return;
  e.preventDefault();
  go(a.pathname + a.search);
}
