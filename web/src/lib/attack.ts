// What ATT&CK calls its techniques (data/attack); asked for by the first who shows one, with a file of its own.
import { useEffect } from "preact/hooks";
import { store, useStore } from "./store";

const names = store<Readonly<Record<string, string>>>({});
let asked = false;

/** The name of an id, "" where it has none; of a sub-technique behind its parent's. */
export function useTechniques(): (id: string) => string {
  const all = useStore(names);
  useEffect(() => {
    if (asked) return;
    asked = true;
    import("attack").then((told) => names.set(told.default), () => { asked = false; });
  }, []);
  return (id) => {
    const name = all[id] ?? "", parent = id.includes(".") ? all[id.slice(0, id.indexOf("."))] : undefined;
    return name && parent ? `${parent}: ${name}` : name;
  };
}

/** Without the parent's name, where room is scarce. */
export const short = (name: string): string => name.slice(name.lastIndexOf(": ") + 1).trim();
