// A value that many look at: who uses it is drawn again when it changes.
import { useEffect, useState } from "preact/hooks";

export interface Store<T> {
  get(): T;
  set(value: T): void;
  watch(see: () => void): () => void;
}

export function store<T>(value: T): Store<T> {
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const see of [...watchers]) see();
    },
    watch(see) {
      watchers.add(see);
      return () => watchers.delete(see);
    },
  };
}

export function useStore<T>(s: Store<T>): T {
  const [, draw] = useState(0);
  useEffect(() => s.watch(() => draw((n) => n + 1)), [s]);
  return s.get();
}

/** A store that outlives the page; what cannot be read is as if it had never been there. */
export function keptStore<T>(name: string, value: T, good: (v: unknown) => v is T): Store<T> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem("canh." + name) ?? "null");
    if (good(kept)) value = kept;
  } catch { /* as if it had never been there */ }
  const s = store(value);
  s.watch(() => {
    try { localStorage.setItem("canh." + name, JSON.stringify(s.get())); } catch { /* it is not kept then */ }
  });
  return s;
}
