// The registers: agencies, systems, machines, who answers for them; in and out as tables.
import { usePlace } from "../lib/router";
import { Agencies } from "./registers/agencies";
import { Contacts } from "./registers/contacts";
import { Machines } from "./registers/machines";
import { Systems } from "./registers/systems";

const shelves = [["/registers/systems", Systems], ["/registers/machines", Machines], ["/registers/contacts", Contacts]] as const;

export function Registers() {
  const { path } = usePlace(), Shelf = shelves.find(([at]) => path === at)?.[1] ?? Agencies;
  return <Shelf key={path} />;
}
