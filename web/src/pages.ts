// The pages: a row each. Who may see one follows from the views it asks for; the server decides, this only leaves out
// what would be refused.
import type { ComponentType } from "preact";
import { is, Role } from "./lib/session";
import { Alerts } from "./pages/alerts";
import { Entities, Entity } from "./pages/entity";
import { Me } from "./pages/me";
import { Rules } from "./pages/rules";
import { Search } from "./pages/search";
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
  { name: "search", path: "/search", key: "s", roles: see, view: Search },
  { name: "entities", path: "/entities", key: "e", roles: see, view: Entities },
  { name: "entity", path: "/entity", roles: see, view: Entity, aside: true },
  { name: "rules", path: "/rules", key: "r", roles: see, view: Rules },
  { name: "sources", path: "/sources", key: "n", roles: see, view: Sources },
  { name: "me", path: "/me", roles: all, view: Me, aside: true },
];

export function allowed(page: Page): boolean {
  return is(...page.roles);
}
