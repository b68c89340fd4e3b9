// The registers as src/registry tells them: agencies as a tree, systems, machines, who answers for them.
import { get } from "./api";

export const shelves = ["agency", "system", "machine", "contact"] as const;
export type Shelf = (typeof shelves)[number];
/** What can be taken in and out as a table. */
export const tables = [...shelves, "source"] as const;

export interface Agency {
  id: number;
  code: string;
  name: string;
  kind: string;
  depth: number;
  parent: number | null;
  valid_from: string | null;
  valid_to: string | null;
  successor: number | null;
  abbreviation: string | null;
  address: string | null;
  phone: string | null;
  email: string | null;
  systems: number;
}

/** View agency.show. */
export interface WholeAgency extends Omit<Agency, "systems" | "depth"> {
  parent_name: string | null;
  successor_name: string | null;
  /** who has today what it had, where that is another than its successor */
  heir: number | null;
  forerunners: { id: number; code: string; name: string; valid_to: string | null }[] | null;
  contacts: Person[] | null;
  systems: { id: number; code: string; name: string; level: number | null; role: string }[] | null;
}

export interface Person {
  id: number;
  name: string;
  title: string | null;
  phone: string | null;
  email: string | null;
  all_hours: boolean;
}

export interface Contact extends Person {
  agency: number;
  agency_code: string;
  agency_name: string;
  confirmed: string | null;
}

export interface Owned {
  id: number;
  code: string;
  name: string;
  type: string;
  level: number | null;
  status: string;
  owner: number | null;
  owner_name: string | null;
  operator: number | null;
  operator_name: string | null;
  machines: number;
  sources: number;
}

/** View system.show. */
export interface WholeSystem {
  id: number;
  code: string;
  name: string;
  type: string;
  information: string[] | null;
  level: number | null;
  status: string;
  retired: string | null;
  decision: string | null;
  decided: string | null;
  retention: number | null;
  domains: string[] | null;
  networks: string[] | null;
  provider: string | null;
  agencies: { role: "owner" | "operator"; agency: number; code: string; name: string; valid_from: string | null; valid_to: string | null; heir: number | null }[] | null;
  machines: number;
  described: { purpose: string | null; services: string[] | null; protection: string[] | null; connection: string | null; security: string | null } | null;
}

export interface Machine {
  id: number;
  system: number;
  system_code: string;
  name: string;
  kind: string;
  addresses: string[] | null;
  macs: string[] | null;
  os: string | null;
  importance: string;
}

/** Where one of them is looked at. */
export function placeOf(shelf: Shelf, id: number): string {
  return `/registers${shelf === "agency" ? "" : `/${shelf}s`}?${shelf}=${id}`;
}

/** There is no view of one machine: it is the first that is numbered above the one before it. */
export async function machine(id: number, signal: AbortSignal): Promise<Machine | undefined> {
  return (await get<Machine>("machine.list", { after: id > 1 ? id - 1 : undefined, limit: 1 }, signal)).find((m) => m.id === id);
}

/** A fault of a table, by the place where it stands in the book. */
export interface Fault {
  row?: number;
  column?: string;
  header?: string;
  note?: boolean;
  vi: string;
  en: string;
}

/** What act registry.import says. */
export interface Taken {
  imported: boolean;
  rows: number;
  wrong: number;
  added?: number;
  changed?: number;
  unchanged?: number;
  faults?: Fault[];
  more?: number;
  act?: number;
}
