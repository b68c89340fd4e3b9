// One person's records are looked for in a case: which one.
import { get } from "../../lib/api";
import type { Alert } from "../../lib/alert";
import { t } from "../../lib/i18n";
import { turn } from "../../lib/router";
import { useAsk } from "../../lib/use";
import { Problem } from "../../ui/bits";
import { Text } from "../../ui/text";

interface Incident {
  id: number;
  number?: string;
  title: string;
}

export function CasePicker() {
  const all = useAsk(async (s) => ({
    incidents: await get<Incident>("incident.list", { limit: 100 }, s), alerts: await get<Alert>("alert.list", { limit: 100 }, s),
  }), []);
  return (
    <form class="casepicker" onSubmit={(e) => { e.preventDefault();
      const v = ((e.currentTarget as HTMLFormElement).elements.namedItem("case") as HTMLSelectElement).value;
      if (v) turn({ for: v }); }}>
      <p><b>{t("search.person")}</b> {t("search.person.why")}</p>
      <Problem of={all.error} again={all.again} />
      <select name="case" required aria-label={t("search.case")}>
        <option value="">{t("ui.choose")}</option>
        <optgroup label={t("page.incidents")}>{(all.rows?.incidents ?? []).map((i) => <option value={`incident:${i.id}`}>{i.number ?? `#${i.id}`} {i.title}</option>)}</optgroup>
        <optgroup label={t("page.alerts")}>{(all.rows?.alerts ?? []).map((a) => <option value={`alert:${a.id}`}>{`#${a.id} ${a.title} · ${a.entity}`}</option>)}</optgroup>
      </select>
      <button type="submit" class="main">{t("search.case.use")}</button>
    </form>
  );
}

/** Does the server want to know the case? */
export function wantsCase(status: number, why: string): boolean {
  return status === 403 && why.includes("one person's records");
}

export function CaseChip({ of }: { of: string }) {
  if (!of) return null;
  const [kind, n] = of.split(":");
  return (
    <span class="chip"><a href={kind === "incident" ? `/incidents/${n}` : `/alerts?state=all&alert=${n}`}><Text of={t(`search.for.${kind === "incident" ? "incident" : "alert"}`, { n: n ?? "" })} /></a>
      <button type="button" class="plain" aria-label={t("search.for.drop")} onClick={() => turn({ for: null })}>✕</button></span>
  );
}
