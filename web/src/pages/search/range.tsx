// Which time is looked at: so long ago, or from and to.
import { useState } from "preact/hooks";
import { t } from "../../lib/i18n";
import { fromInput, instants, Range, rangeOf, spans, toInput } from "../../lib/range";
import { turn, usePlace } from "../../lib/router";
import { short, zone } from "../../lib/time";

function between(r: Range): string {
  const name = (at: string | undefined): string => (at && !Number.isNaN(Date.parse(at)) ? short(at) : at ?? t("search.now"));
  return `${name(r.from)} – ${name(r.to)}`;
}

export function RangePicker() {
  const { query } = usePlace(), r = rangeOf(query), [exact, setExact] = useState(false);
  const plain = !r.to && (r.from === undefined || (spans as readonly string[]).includes(r.from));
  const now = plain ? r.from ?? "all" : "exact";
  const ends = instants(r) ?? [Date.now() / 1000 - 86400, Date.now() / 1000];
  const set = (e: Event): void => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const at = (name: string): string => fromInput((form.elements.namedItem(name) as HTMLInputElement).value);
    setExact(false);
    turn({ from: at("from"), to: at("to"), event: null });
  };
  return (
    <span class="range">
      <select aria-label={t("search.range")} value={exact ? "exact" : now} onChange={(e) => {
        const v = e.currentTarget.value;
        setExact(v === "exact");
        if (v !== "exact") turn({ from: v, to: null, event: null });
      }}>
        {spans.map((s) => <option value={s}>{t(`search.range.${s}`)}</option>)}
        <option value="all">{t("search.range.all")}</option>
        <option value="exact">{plain ? t("search.range.exact") : between(r)}</option>
      </select>
      {!plain && !exact && <button type="button" class="plain" aria-label={t("search.range.exact")} onClick={() => setExact(true)}>✎</button>}
      {exact && <form class="exact" onSubmit={set}>
        <label>{t("search.from")} <input type="datetime-local" name="from" step={1} required defaultValue={toInput(ends[0])} /></label>
        <label>{t("search.to")} <input type="datetime-local" name="to" step={1} defaultValue={toInput(ends[1])} /></label>
        <span class="dim">{t(`search.zone.${zone.get()}`)}</span>
        <button type="submit" class="main">{t("search.set")}</button>
        <button type="button" onClick={() => setExact(false)}>{t("ui.cancel")}</button></form>}
    </span>
  );
}
