// What several pages about incidents show.
import type { ComponentChildren } from "preact";
import { Done } from "../../lib/api";
import { Stage, stages } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { LawTerm, term, useLaw } from "../../lib/law";
import { go } from "../../lib/router";
import { Pill } from "../../ui/bits";
import { Text } from "../../ui/text";

/** Behind an act that made an incident, or joined one: there. */
export function goTo(done: Done): void {
  if (typeof done["incident"] === "number") go(`/incidents/${done["incident"]}`);
}

/** "M2 – Nghiêm trọng" without its code, which stands before it. */
function bare(x: LawTerm): string {
  const name = term(x);
  return name.startsWith(x.id) ? name.slice(x.id.length).replace(/^[\s:–-]+/, "") : name;
}

/** The code of the law with its name behind it; the graver, the redder. */
export function Severity({ of, whole = false }: { of: string; whole?: boolean }) {
  const all = useLaw().severities ?? [], at = all.findIndex((s) => s.id === of), found = all[at];
  return <><Pill kind={at === 0 ? "bad" : at === 1 ? "warn" : ""}><span title={found && !whole ? term(found) : undefined}><Text of={of} /></span></Pill>
    {whole && found && <> <Text of={bare(found)} /></>}</>;
}

export function StageName({ of }: { of: string }) {
  const i = stages.indexOf(of as Stage);
  return <span class={`stagename ${i < 0 ? "dim" : ""}`}>{t(`incident.stage.${of}`)}{i >= 0 && <span class="dim"> {i + 1}/{stages.length}</span>}</span>;
}

export interface Tab {
  href: string;
  label: string;
  on: boolean;
  count?: number | undefined;
  key?: string;
}

/** Links, one of them where the reader is. */
export function Tabs({ label, of }: { label: string; of: readonly Tab[] }) {
  return (
    <div class="tabs" role="navigation" aria-label={label}>
      {of.map((x) => <a href={x.href} aria-current={x.on ? "page" : undefined}>{x.label}
        {x.count ? <span class="dim"> {x.count}</span> : null}{x.key && <kbd>{x.key}</kbd>}</a>)}
    </div>
  );
}

/** An act's button with its key. */
export function Do({ label, run, k, main = false, off = false }:
  { label: string; run: () => void; k?: string; main?: boolean; off?: boolean }) {
  return <button type="button" class={main ? "main" : ""} disabled={off} onClick={run}>{label}{k && <> <kbd>{k.replace("Shift+", "⇧ ")}</kbd></>}</button>;
}

export function Lines({ of }: { of: string | null | undefined }) {
  const all = (of ?? "").split("\n").filter((x) => x.trim() !== "");
  return all.length > 1 ? <ul class="lines">{all.map((x) => <li><Text of={x} /></li>)}</ul> : <Text of={of ?? ""} />;
}

export function Line({ children }: { children: ComponentChildren }) {
  return <p class="line">{children}</p>;
}

export function IncidentTabs({ at, candidates }: { at: "list" | "board" | "candidates"; candidates?: number | undefined }) {
  return <Tabs label={t("page.incidents")} of={[
    { href: "/incidents", label: t("incidents.list"), on: at === "list" },
    { href: "/incidents?view=board", label: t("incidents.board"), on: at === "board" },
    { href: "/incidents/candidates", label: t("incidents.candidates"), on: at === "candidates", count: candidates }]} />;
}
