// One stream a browser, whatever the number of tabs: who holds the lock listens and tells the others.
import { store } from "./store";

export interface Desk {
  version: number;
  newest_alert?: number;
  new?: number;
  open?: Record<string, number>;
  incidents?: number;
  clocks?: { running: number; overdue: number };
}
export interface Flow {
  at: string;
  received: number;
  stored: number;
  matched: number;
  findings: number;
  per_second: number;
  balance: string;
  silent: number;
  blind: number;
  complete?: Complete;
}
/** Since when monitoring is complete, or since when it is not and what is missing. */
export interface Complete {
  since: string | null;
  broken: string | null;
  gaps: string[];
}

export const desk = store<Desk | null>(null);
export const flow = store<Flow | null>(null);
/** Of the last ten minutes, for the charts: [second, events a second]. */
export const pulse: [number, number][] = [];
export type Link = "off" | "on" | "lost";
export const link = store<Link>("off");

type Told = { kind: "desk"; data: Desk } | { kind: "flow"; data: Flow } | { kind: "link"; data: Link } | { kind: "ask" };

let channel: BroadcastChannel | undefined;
let stop: (() => void) | undefined;

function take(m: Told): void {
  if (m.kind === "desk") desk.set(m.data);
  if (m.kind === "link") link.set(m.data);
  if (m.kind === "flow") {
    pulse.push([Math.floor(Date.parse(m.data.at) / 1000), m.data.per_second]);
    if (pulse.length > 300) pulse.shift();
    flow.set(m.data);
  }
}

function tell(m: Told): void {
  take(m);
  channel?.postMessage(m);
}

/** Listens until the lock is let go. */
function listen(): () => void {
  const source = new EventSource("/api/live");
  source.addEventListener("open", () => tell({ kind: "link", data: "on" }));
  source.addEventListener("error", () => tell({ kind: "link", data: "lost" }));
  source.addEventListener("desk", (e) => tell({ kind: "desk", data: JSON.parse((e as MessageEvent<string>).data) as Desk }));
  source.addEventListener("flow", (e) => tell({ kind: "flow", data: JSON.parse((e as MessageEvent<string>).data) as Flow }));
  channel?.addEventListener("message", answer);
  return () => {
    channel?.removeEventListener("message", answer);
    source.close();
  };
}

/** A tab that has just come wants to know what is. */
function answer(e: MessageEvent<Told>): void {
  if (e.data.kind !== "ask") return;
  const d = desk.get(), f = flow.get();
  channel?.postMessage({ kind: "link", data: link.get() });
  if (d) channel?.postMessage({ kind: "desk", data: d });
  if (f) channel?.postMessage({ kind: "flow", data: f });
}

export function start(): void {
  if (stop) return;
  const over = new AbortController();
  channel = new BroadcastChannel("canh.live");
  const hear = (e: MessageEvent<Told>): void => take(e.data);
  channel.addEventListener("message", hear);
  channel.postMessage({ kind: "ask" });
  let let_go: (() => void) | undefined;
  stop = () => {
    over.abort();
    let_go?.();
    channel?.close();
    stop = undefined;
    link.set("off");
  };
  navigator.locks.request("canh.live", { signal: over.signal }, () => new Promise<void>((done) => {
    const end = listen();
    let_go = () => { end(); done(); };
  })).catch(() => { /* ended before it had the lock */ });
}

export function end(): void {
  stop?.();
}
