// Asking the server. Reading is a view (an array of rows), changing is an act; both are named as on the command line.
export class Refused extends Error {
  constructor(readonly status: number, why: string, readonly at = 0, readonly wait = 0) {
    super(why);
  }
}

export type Row = Record<string, unknown>;
export type Given = Record<string, string | number | boolean | null | undefined>;

let csrf = "";
let ended: () => void = () => {};

/** `gone` is called when the server does not know the session any more. */
export function onSessionEnd(gone: () => void): void {
  ended = gone;
}

export function withCsrf(token: string): void {
  csrf = token;
}

export function query(given: Given): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== null && value !== "" && value !== false) q.set(name, String(value));
  }
  const text = q.toString().replaceAll("+", "%20"); // to the server a plus is a plus
  return text ? "?" + text : "";
}

async function refusal(answer: Response): Promise<Refused> {
  let why = answer.statusText, at = 0, wait = 0;
  try {
    const body = (await answer.json()) as { error?: string; at?: number; wait?: number };
    why = body.error ?? why;
    at = body.at ?? 0;
    wait = body.wait ?? 0;
  } catch { /* it said nothing that we know */ }
  if (answer.status === 401) ended();
  return new Refused(answer.status, why, at, wait);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch("/api" + path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new Refused(0, e instanceof Error ? e.message : String(e));
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** The rows of a view: get("alert.list", { level: "high" }). */
export async function get<T = Row>(view: string, given: Given = {}, signal?: AbortSignal): Promise<T[]> {
  const answer = await ask("/" + view.replaceAll(".", "/") + query({ ...given, format: "json" }),
    signal ? { signal } : {});
  return (await answer.json()) as T[];
}

export async function getOne<T = Row>(view: string, given: Given = {}, signal?: AbortSignal): Promise<T | undefined> {
  return (await get<T>(view, given, signal))[0];
}

/** A route that answers one JSON value: object("/stat"). */
export async function object<T = Row>(path: string, given: Given = {}, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path + query(given), signal ? { signal } : {})).json()) as T;
}

/** What a route answers as a file, and the name that it gives it (RFC 8187). */
export async function file(path: string, given: Given = {}): Promise<{ name: string; body: Blob }> {
  const answer = await ask(path + query(given), {}), named = /filename\*=UTF-8''([^;\s]+)/.exec(answer.headers.get("Content-Disposition") ?? "");
  return { name: named?.[1] ? decodeURIComponent(named[1]) : "canh", body: await answer.blob() };
}

/** Asks about a text that is sent; nothing is changed by it. */
export async function about<T = Row>(path: string, text: string, signal: AbortSignal): Promise<T> {
  return (await (await ask(path, { ...sent(text), signal })).json()) as T;
}

function sent(text: string): RequestInit {
  return { method: "POST", headers: { "Content-Type": "text/plain; charset=utf-8", "X-Canh-CSRF": csrf }, body: text };
}

async function change<T>(method: string, path: string, body: unknown): Promise<T> {
  const answer = await ask(path, {
    method,
    headers: { "Content-Type": "application/json", "X-Canh-CSRF": csrf },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as T;
}

export interface Done extends Row {
  act?: number;
}

/** Do an act: act("alert.close", { alerts: [7], verdict: "test", reason: "..." }). */
export function act(name: string, body: object = {}): Promise<Done> {
  return change<Done>("POST", "/" + name.replaceAll(".", "/"), body);
}

export function post<T = Row>(path: string, body: object = {}): Promise<T> {
  return change<T>("POST", path, body);
}

export function remove<T = Row>(path: string): Promise<T> {
  return change<T>("DELETE", path, {});
}

/** The lines of a stream of JSON, as they come; of a text that is sent, where there is one. Ends with the stream, or when
 * `signal` says so. */
export async function lines<T = Row>(path: string, given: Given, signal: AbortSignal, see: (rows: T[]) => void,
  text?: string): Promise<void> {
  const answer = await ask(path + query(given), { ...(text === undefined ? {} : sent(text)), signal });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader(), decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const parts = rest.split("\n");
    rest = done ? "" : (parts.pop() as string);
    const rows = parts.filter((p) => p !== "").map((p) => JSON.parse(p) as T);
    if (rows.length > 0) see(rows);
    if (done) return;
  }
}
