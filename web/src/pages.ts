// The pages: a row each. Who may see one follows from the views it asks for; the server decides, this only leaves out
// what would be refused.
import type { ComponentType } from "preact";
import { is, Role } from "./lib/session";
import { Admin } from "./pages/admin";
import { Alerts } from "./pages/alerts";
import { Audit } from "./pages/audit";
import { Entities, Entity } from "./pages/entity";
import { Incidents } from "./pages/incidents";
import { Me } from "./pages/me";
import { My } from "./pages/my";
import { PhieuPage } from "./pages/phieu";
import { Registers } from "./pages/registers";
import { Rules } from "./pages/rules";
import { Search } from "./pages/search";
import { ShiftPage } from "./pages/shift";
import { Sources } from "./pages/sources";
import { Watch } from "./pages/watch";

export interface Page {
  /** its text is page.NAME */
  name: string;
  path: string;
  /** g and this key */
  key?: string;
  roles: readonly Role[];
  view: ComponentType;
  /** reached from elsewhere, not from the list of pages */
  aside?: boolean;
}

const see: readonly Role[] = ["analyst", "lead", "officer", "auditor", "administrator"];
const all: readonly Role[] = [...see, "contact"];

export const pages: readonly Page[] = [
  { name: "watch", path: "/", key: "w", roles: see, view: Watch },
  { name: "alerts", path: "/alerts", key: "a", roles: see, view: Alerts },
  { name: "incidents", path: "/incidents", key: "i", roles: see, view: Incidents },
  { name: "search", path: "/search", key: "s", roles: see, view: Search },
  { name: "entities", path: "/entities", key: "e", roles: see, view: Entities },
  { name: "entity", path: "/entity", roles: see, view: Entity, aside: true },
  { name: "phieu", path: "/phieu", key: "p", roles: see, view: PhieuPage },
  { name: "registers", path: "/registers", key: "d", roles: see, view: Registers },
  { name: "my", path: "/my", key: "m", roles: ["contact"], view: My },
  { name: "rules", path: "/rules", key: "r", roles: see, view: Rules },
  { name: "sources", path: "/sources", key: "n", roles: see, view: Sources },
  { name: "shift", path: "/shift", key: "t", roles: see, view: ShiftPage },
  { name: "audit", path: "/audit", key: "v", roles: see, view: Audit },
  { name: "admin", path: "/admin", key: "q", roles: see, view: Admin },
  { name: "me", path: "/me", roles: all, view: Me, aside: true },
];

export function allowed(page: Page): boolean {
  return is(...page.roles);
}
