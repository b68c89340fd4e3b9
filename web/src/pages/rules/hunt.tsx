// What rules would have found in what is stored: asked for, shown as it goes, stopped.
import { useEffect, useRef, useState } from "preact/hooks";
import { Given, lines, Refused } from "../../lib/api";
import { number, t } from "../../lib/i18n";
import { useParam } from "../../lib/router";
import { full } from "../../lib/time";
import { Facts, Level, Part, Problem } from "../../ui/bits";
import { Said } from "../../ui/said";
import { Text } from "../../ui/text";
import { CaseChip, CasePicker, wantsCase } from "../search/case";

interface Counts {
  events: number;
  hits: number;
  ms: number;
  partial?: boolean;
  why?: string;
}
interface HuntLine {
  progress?: Counts;
  rule?: { id: string; title: string; level: string };
  hits?: number;
  first?: string;
  last?: string;
  events?: { id: string; time: string }[];
  results?: unknown[];
  hunt?: Counts;
  error?: string;
}

const SPANS = ["24h", "7d", "30d"] as const;
const SECONDS = 300, LISTED = 20;

/** `rule`: one in force; `text`: one that is brought along. */
export function Hunt({ rule, text }: { rule?: string; text?: () => string }) {
  const [from, setFrom] = useState<string>("30d"), isFor = useParam("for"), over = useRef<AbortController | undefined>(undefined);
  const [counts, setCounts] = useState<Counts>(), [found, setFound] = useState<HuntLine[]>([]), [error, setError] = useState<Refused>();
  const [state, setState] = useState<"" | "busy" | "done" | "stopped">("");
  useEffect(() => () => over.current?.abort(), []);
  useEffect(() => { if (isFor && error) go(); }, [isFor]);
  const go = (): void => {
    over.current?.abort();
    const now = over.current = new AbortController();
    setState("busy"); setCounts(undefined); setFound([]); setError(undefined);
    const given: Given = { from, seconds: SECONDS, ...(isFor ? { for: isFor } : {}), ...(rule ? { rule } : {}) };
    lines<HuntLine>("/hunt", given, now.signal, (some) => {
      for (const x of some) {
        if (x.progress) setCounts(x.progress);
        else if (x.hunt) setCounts(x.hunt);
        else if (x.error) setError(new Refused(503, x.error));
        else if (x.rule) setFound((all) => [...all, x]);
      }
    }, text?.()).then(() => setState("done"), (e: unknown) => {
      if (over.current !== now) return;
      setState(now.signal.aborted ? "stopped" : "");
      if (!now.signal.aborted) setError(e instanceof Refused ? e : new Refused(0, String(e)));
    });
  };
  return (
    <Part title={t("rules.hunt")}>
      <div class="inline">
        <select aria-label={t("search.range")} value={from} onChange={(e) => setFrom(e.currentTarget.value)}>{SPANS.map((s) => <option value={s}>{t(`search.range.${s}`)}</option>)}</select>
        {state === "busy" ? <button type="button" onClick={() => over.current?.abort()}>{t("search.stop")}</button> :
          <button type="button" class="main" data-hunt onClick={go}>{t("rules.hunt.go")} <kbd>Ctrl ↵</kbd></button>}
        <CaseChip of={isFor} />
      </div>
      {error && (wantsCase(error.status, error.message) ? <CasePicker /> : <Problem of={error} again={go} />)}
      {counts && <p role="status" aria-live="polite">{t(state === "busy" ? "rules.hunt.busy" : "rules.hunt.looked", { hits: number(counts.hits), events: number(counts.events), s: (counts.ms / 1000).toFixed(1) })}
        {state === "stopped" && <b class="partial"> {t("rules.hunt.stopped")}</b>}
        {counts.partial && <b class="partial"> {t("search.partial")} <Said of={counts.why ?? ""} /></b>}</p>}
      {state === "busy" && <progress aria-label={t("rules.hunt.busy.bar")} />}
      {state === "done" && !error && found.length === 0 && <p class="empty">{t("rules.hunt.none")}</p>}
      {found.map((f) => (
        <section class="hit"><h3><Level of={f.rule?.level ?? "informational"} /> <Text of={f.rule?.title ?? ""} /></h3>
          <Facts rows={[[t("rules.hits"), number(f.hits ?? 0)], [t("alert.first"), f.first && full(f.first)], [t("alert.last"), f.last && full(f.last)]]} />
          {f.events && f.events.length > 0 && <ul class="short">{f.events.slice(0, LISTED).map((e) => <li><a href={`/search?event=${e.id}`}>{full(e.time)}</a> <span class="dim">{e.id}</span></li>)}</ul>}
          {f.events && f.events.length > LISTED && <p class="dim">{t("ui.more", { n: f.events.length - LISTED })}</p>}
          {f.results?.slice(0, 5).map((r) => <pre class="raw"><Text of={r} /></pre>)}
        </section>))}
    </Part>
  );
}
