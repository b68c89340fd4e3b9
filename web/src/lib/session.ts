// Who sits here, and what his roles may.
import { getOne, object, onSessionEnd, post, Refused, withCsrf } from "./api";
import { store } from "./store";

export type Role = "analyst" | "lead" | "officer" | "contact" | "auditor" | "administrator";

export interface Me {
  name: string;
  display: string;
  roles: Role[];
  agency?: number | null;
  second?: boolean;
  must_change?: boolean;
  recovery_codes?: number;
}

/** undefined: not asked yet; null: nobody. */
export const me = store<Me | null | undefined>(undefined);
/** Where there is a session whose user must change his password first. */
export const mustChange = store(false);
/** The province is a made-up one: the settings say so, and every page. */
export const sample = store(false);

interface Description {
  paths: Record<string, Record<string, Route>>;
}
export interface Schema {
  type?: string;
  enum?: string[];
  items?: Schema;
  description?: string;
  maxLength?: number;
  maximum?: number;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  format?: string;
}
export interface Route {
  summary: string;
  "x-roles"?: Role[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
}

let described: Promise<Description> | undefined;

/** What the server says of itself (OpenAPI); asked for once. */
export function describe(): Promise<Description> {
  described ??= object<Description>("/");
  return described;
}

export async function routeOf(act: string): Promise<Route | undefined> {
  const path = "/" + act.replaceAll(".", "/");
  return (await describe()).paths[path]?.["post"];
}

export function is(...roles: Role[]): boolean {
  const m = me.get();
  return !!m && m.roles.some((r) => roles.includes(r));
}

/** Who decides alerts. */
export const mayTriage = (): boolean => is("analyst", "lead");
export const onlyContact = (): boolean => is("contact") && (me.get() as Me).roles.length === 1;

export async function find(): Promise<void> {
  try {
    const told = await object<{ csrf: string; sample?: boolean }>("/session/csrf");
    withCsrf(told.csrf);
    sample.set(told.sample === true);
    const row = (await getOne<Me>("user.me")) ?? null;
    mustChange.set(row?.must_change === true);
    me.set(row);
  } catch (e) {
    if (e instanceof Refused && e.status !== 401 && e.status !== 403) throw e;
    me.set(null);
  }
}

interface LoggedIn {
  csrf?: string;
  must_change?: boolean;
}

export async function login(name: string, password: string, code: string): Promise<void> {
  const told = await post<LoggedIn>("/login", { name, password, ...(code ? { code } : {}) });
  if (told.csrf) withCsrf(told.csrf);
  if (told.must_change) mustChange.set(true);
  await find();
  if (told.must_change) mustChange.set(true);
}

export async function changePassword(old: string, next: string): Promise<void> {
  await post("/password", { old, new: next });
  mustChange.set(false);
  await find();
}

export async function logout(): Promise<void> {
  await post("/logout");
  location.assign("/");
}

onSessionEnd(() => {
  if (me.get()) me.set(null);
});
