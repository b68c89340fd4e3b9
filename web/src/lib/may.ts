// What who sits here may do, by the server's own description of its acts: a button that would be refused is not shown.
import { useEffect } from "preact/hooks";
import { describe, is, Role } from "./session";
import { store, useStore } from "./store";

const roles = store<ReadonlyMap<string, readonly Role[]> | null>(null);

async function ask(): Promise<void> {
  const { paths } = await describe();
  roles.set(new Map(Object.entries(paths).flatMap(([path, route]) =>
    route["post"]?.["x-roles"] ? [[path.slice(1).replaceAll("/", "."), route["post"]["x-roles"]] as const] : [])));
}

/** May he do the act? Not before it is known. */
export function useMay(): (act: string) => boolean {
  const all = useStore(roles);
  useEffect(() => { if (!roles.get()) ask().catch(() => undefined); }, []);
  return (act) => is(...(all?.get(act) ?? []));
}
