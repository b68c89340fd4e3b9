// An alert, as view alert.list tells it (src/triage).
export interface Alert {
  id: number;
  kind: string;
  state: "new" | "acknowledged" | "investigating" | "closed";
  level: string;
  title: string;
  rule: string | null;
  entity: string;
  count: number;
  first: string;
  last: string;
  made: string;
  closed: string | null;
  provisional: boolean | null;
  linked: number | null;
  assignee: string | null;
  acknowledged: string | null;
  verdict: string | null;
  cause: string | null;
  reason: string | null;
  incident: number | null;
  hidden: number | null;
  channel: string | null;
}

export interface Because {
  selection?: string;
  field?: string;
  value?: string;
}

/** An event that an alert keeps (view alert.events). */
export interface Kept {
  number: number;
  lane: number;
  sequence: number;
  time: string;
  /** not there where very many came in that second: it is in the store */
  event?: {
    rule: { id: string; title: string; level: string; author?: string; tags?: string[]; description?: string };
    event?: { time?: string; host?: string; file?: string; tags?: string[]; fields?: Record<string, unknown>; raw?: string };
    because?: Because[];
    [more: string]: unknown;
  };
}

export const states = ["new", "acknowledged", "investigating", "closed"] as const;
export const verdicts = ["true-positive", "benign-true-positive", "false-positive", "duplicate", "test", "undetermined"] as const;
