// Incidents and what belongs to them, as the views of src/incident tell them.
import { is } from "./session";

export const stages = ["detect", "triage", "contain", "eradicate", "recover"] as const;
export type Stage = (typeof stages)[number];
export const phases = [...stages, "lessons"] as const;

export interface Incident {
  id: number;
  number: string;
  title: string;
  type: string;
  severity: string;
  state: Stage | "closed" | "merged";
  detected: string;
  opened: string;
  closed: string | null;
  owner: string | null;
  level: number | null;
  alert_count: number;
  tasks_open: number;
  clock_due: string | null;
  systems: number[];
  merged: number | null;
}

export interface Clock {
  id: number;
  clock: string;
  vi: string;
  en: string;
  recipient: string;
  form: string | null;
  started: string;
  due: string;
  sure: boolean;
  state: "runs" | "answered" | "ended";
  late: boolean;
  dispatch: number | null;
  why: string | null;
}

export interface Dispatch {
  id: number;
  number: string;
  sent: string;
  channel: string;
  recipient: string;
  document: string | null;
}

/** View incident.show. */
export interface Whole extends Incident {
  cause: string | null;
  facts: string[];
  source: string;
  summary: string | null;
  result: string | null;
  unsent: string | null;
  split: number | null;
  detections: { time: string; reason: string; by: string; at: string }[];
  alerts: { id: number }[];
  tasks: { id: number; state: string }[];
  clocks: Clock[];
  dispatches: Dispatch[];
  observables: { id: number; type: string; value: string; note: string | null; others: number }[];
  evidence: { id: number; number: number; what: string }[];
  phieu: { id: number }[];
}

export interface Task {
  id: number;
  number: number;
  title: string;
  phase: string;
  role: string | null;
  asks: string | null;
  state: "todo" | "doing" | "done" | "skipped";
  doer: string | null;
  due: string | null;
  ended: string | null;
  result: string | null;
  late: boolean;
}

export interface Moment {
  time: string;
  kind: "event" | "alert" | "line" | "act" | "dispatch" | "task";
  key: number;
  text: string;
  who: string | null;
  corrected: number | null;
  reason: string | null;
}

export interface Observable {
  id: number;
  incident: number;
  number: string;
  type: string;
  value: string;
  note: string | null;
  added: string;
  author: string;
  others: number;
}

export interface Evidence {
  id: number;
  number: string;
  what: string;
  sha256: string | null;
  bytes: number | null;
  file: string | null;
  events: unknown;
  place: string | null;
  taken: string;
  taken_by: string;
  origin: string;
  custody: { hand_over: number; time: string; giver: string; taker: string; title: string | null; agency: string; why: string }[];
}

export interface Candidate {
  id: number;
  state: string;
  score: number;
  level: string;
  alerts: number;
  waiting: number;
  rules: number;
  tactics: number[];
  about: { kind: string; key: string }[];
  system_level: number | null;
  first: string;
  last: string;
  incident: number | null;
  joined: number | null;
  reason: string | null;
  by: string | null;
  at: string | null;
}

export interface Phieu {
  id: number;
  number: string;
  kind: "warning" | "request";
  agency: number;
  system: number | null;
  subject: string;
  what: string;
  due: string;
  state: "draft" | "sent" | "received" | "answered" | "returned" | "checked" | "closed";
  sent: string | null;
  received: string | null;
  answered: string | null;
  closed: string | null;
  reminders: number;
  late: boolean;
  incident: number | null;
}

/** View phieu.show. */
export interface WholePhieu extends Phieu {
  alert: number | null;
  proof: string;
  steps: string;
  document: string | null;
  channel: string | null;
  history: { time: string; state: string; text: string | null; who: string | null }[];
  answers: { id: number; time: string; done: string; cause: string | null; handled: number | null; total: number | null;
    file: string | null; sha256: string | null; good: boolean | null }[];
}

export interface Letter {
  id: number;
  direction: "in" | "out";
  number: string | null;
  day: string | null;
  party: string;
  agency: number | null;
  subject: string;
  state: "draft" | "sent" | "received";
  time: string | null;
  channel: string | null;
  signer: string | null;
  incident: number | null;
  phieu: number | null;
  signer_title?: string | null;
  text?: string | null;
}

export interface System {
  id: number;
  code: string;
  name: string;
  level: number | null;
  status: string;
  owner: number;
  owner_name: string;
  operator: number;
  operator_name: string;
  machines: number;
  sources: number;
}

/** Who works on incidents, phiếu and letters. */
export const mayWork = (): boolean => is("analyst", "lead", "officer");

export const isOver = (i: Pick<Incident, "state">): boolean => i.state === "closed" || i.state === "merged";

/** Phiếu that its agency still owes an answer. */
export const isOut = (p: Pick<Phieu, "state">): boolean => ["sent", "received", "returned"].includes(p.state);
