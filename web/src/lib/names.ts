// Names behind numbers: agencies, systems, people. Asked for by the first who wants them, again after a minute.
import { useEffect } from "preact/hooks";
import { get, Row } from "./api";
import { System } from "./incident";
import { store, useStore } from "./store";

const KEPT_MS = 60000;

function kept<T extends object>(view: string) {
  const rows = store<readonly T[]>([]);
  let at = 0;
  return (): readonly T[] => {
    useEffect(() => {
      if (Date.now() - at < KEPT_MS) return;
      at = Date.now();
      get<T>(view, { limit: view === "user.list" ? 1000 : view === "agency.list" ? 5000 : 1000 })
        .then((told) => rows.set(told), () => { at = 0; });
    }, []);
    return useStore(rows);
  };
}

export const useSystems = kept<System>("system.list");
export const useAgencies = kept<Row & { id: number; name: string }>("agency.list");
export const usePeople = kept<Row & { name: string; display: string }>("user.list");

export interface Names {
  agency: (id: number | null | undefined) => string;
  system: (id: number | null | undefined) => string;
  person: (name: string | null | undefined) => string;
}

export function useNames(): Names {
  const systems = useSystems(), agencies = useAgencies(), people = usePeople();
  return {
    agency: (id) => (id ? agencies.find((a) => a.id === id)?.name ?? `#${id}` : ""),
    system: (id) => (id ? systems.find((s) => s.id === id)?.name ?? `#${id}` : ""),
    person: (name) => (name ? people.find((p) => p.name === name)?.display ?? name : ""),
  };
}
