// ATT&CK: techniques for which a rule is in force, whose source arrives, that fired; three marks, each with its word.
import { useState } from "preact/hooks";
import type { Row } from "../../lib/api";
import { short, useTechniques } from "../../lib/attack";
import { has, number, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { layer, tactics, Technique, techniqueOf } from "../../lib/rule";
import { download } from "../../lib/save";
import { useView } from "../../lib/use";
import { Problem } from "../../ui/bits";
import { fold } from "../../ui/palette";
import { Text } from "../../ui/text";

const marks: [string, string, (x: Technique) => boolean][] = [
  ["enabled", "■", (x) => x.rules > 0], ["arriving", "●", (x) => x.arriving], ["fired", "★", (x) => x.fired > 0]];

function Cell({ of, name }: { of: Technique; name: string }) {
  const told = marks.map(([name, , on]) => t(`rules.matrix.${name}.${on(of) ? "yes" : "no"}`, { n: name === "fired" ? of.fired : name === "arriving" ? of.seeing : of.rules })).join(", ");
  return (
    <li class={`cell ${of.rules > 0 ? (of.arriving ? "seeing" : "unseeing") : ""}`}>
      <a href={`/rules?text=${encodeURIComponent(of.technique)}`} title={`${of.technique} ${name} · ${told}`}>
        <span class="tid"><Text of={of.technique} /></span> <span lang="en">{short(name)}</span>
        <span class="marks" aria-hidden="true">{marks.map(([name, sign, on]) => <i class={on(of) ? `on ${name}` : "off"}>{on(of) ? sign : "–"}</i>)}<small class="dim">{number(of.seeing)}/{number(of.rules)}</small></span>
        <span class="unseen">{told}</span></a></li>
  );
}

export function Matrix() {
  const all = useView<Row>("rule.matrix", { limit: 5000 }, 30000), [text, setText] = useState(""), [gaps, setGaps] = useState(false), named = useTechniques();
  const rows = (all.rows ?? []).map(techniqueOf).filter((x) => fold(`${x.technique} ${named(x.technique)}`).includes(fold(text)) && (!gaps || x.rules === 0 || x.seeing < x.rules || !x.arriving));
  const others = rows.filter((x) => !x.tactics.some((n) => (tactics as readonly string[]).includes(n)));
  const take = (): void => download("canh-navigator.json", "application/json", layer((all.rows ?? []).map(techniqueOf), "Canh"));
  useKeys("rules.matrix", [{ key: "x", label: "rules.layer", run: take, off: !all.rows }]);
  const count = (name: string): number => rows.filter((x) => marks.find(([m]) => m === name)?.[2](x)).length;
  return (
    <div class="page wide">
      <p class="dim"><a href="/rules">{t("page.rules")}</a></p>
      <header class="bar flat"><h1>{t("rules.matrix")}</h1>
        <input type="search" aria-label={t("keys.filter")} placeholder={t("keys.filter")} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        <label><input type="checkbox" checked={gaps} onChange={(e) => setGaps(e.currentTarget.checked)} /> {t("rules.matrix.gaps")}</label>
        <button type="button" onClick={take} disabled={!all.rows}>{t("rules.layer")} <kbd>x</kbd></button></header>
      <p class="legend">{marks.map(([name, sign]) => <span><i class={`on ${name}`} aria-hidden="true">{sign}</i> {t(`rules.matrix.${name}`)}: <b>{number(count(name))}</b></span>)}<span class="dim">– {t("rules.matrix.not")}</span></p>
      <Problem of={all.error} again={all.again} />
      {!all.busy && !all.error && rows.length === 0 && <p class="empty">{t("rules.matrix.none")}</p>}
      <div class="matrix" tabIndex={0} role="region" aria-label={t("rules.matrix")}>
        {[...tactics, ""].map((name) => {
          const of = (name ? rows.filter((x) => x.tactics.includes(name)) : others).sort((a, b) => (a.technique < b.technique ? -1 : 1));
          return of.length === 0 ? null : <section><h2>{name === "" ? t("rules.tactic.none") : has(`rules.tactic.${name}`) ? t(`rules.tactic.${name}`) : name} <span class="dim">{of.length}</span></h2><ul>{of.map((x) => <Cell of={x} name={named(x.technique)} />)}</ul></section>;
        })}
      </div>
    </div>
  );
}
