// The course of an incident: what events tell, what people saw, did and sent, in the order of time.
import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { mayWork, Moment, Whole } from "../../lib/incident";
import { has, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useNames } from "../../lib/names";
import { turn, useParam } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { clock, day, full } from "../../lib/time";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Part, Pill, Problem } from "../../ui/bits";
import { Text } from "../../ui/text";
import { Do } from "./bits";

const kinds = ["event", "alert", "line", "act", "dispatch", "task"] as const;

function What({ of }: { of: Moment }) {
  if (of.kind === "act") return <>{has(`did.${of.text}`) ? t(`did.${of.text}`) : <Text of={of.text} />}</>;
  if (of.kind === "alert") return <a href={`/alerts?state=all&alert=${of.key}`}><Text of={of.text} /></a>;
  const place = of.kind === "event" ? /^(\d+)\.(\d+) /.exec(of.text) : null;
  if (place) return <><Text of={of.text.slice(place[0].length)} /> <a href={`/search?event=${place[1]}:${place[2]}`}>{place[1]}:{place[2]}</a></>;
  return <Text of={of.text} />;
}

export function TimelinePart({ of }: { of: Whole }) {
  const told = useView<Moment>("incident.timeline", { incident: of.id, limit: 2000 }), names = useNames(), may = mayWork();
  const given = useParam("kind"), shown = given === "" ? kinds : kinds.filter((k) => given.split(",").includes(k));
  const rows = (told.rows ?? []).filter((m) => shown.includes(m.kind)), id = (m: Moment): string => `${m.kind}${m.key}${m.time}`;
  const r = useRows(rows, id), row = r.row;
  const add = (): void => actForm("timeline.add", { incident: of.id, time: new Date().toISOString() });
  const correct = (m: Moment): void => actForm("timeline.correct", { line: m.key, time: m.time, text: m.text });
  const turnKind = (k: (typeof kinds)[number]): void => {
    const next = shown.includes(k) ? shown.filter((x) => x !== k) : kinds.filter((x) => x === k || shown.includes(x));
    turn({ kind: next.length === kinds.length || next.length === 0 ? null : next.join(",") }, true);
  };
  const box = useRef<HTMLOListElement>(null), seen = useRef(r.at);
  useEffect(() => {
    if (seen.current !== r.at) box.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    seen.current = r.at;
  }, [r.at]);
  useKeys("incident.part.timeline", [
    ...r.keys,
    { key: "a", label: "act.timeline.add", off: !may, run: add },
    { key: "v", label: "act.timeline.correct", off: !may || row?.kind !== "line" || !!row.corrected, run: () => { if (row) correct(row); } },
  ]);
  return (
    <Part title={t("incident.part.timeline")} side={may && <Do label={t("act.timeline.add")} k="a" run={add} />}>
      <Problem of={told.error} again={told.again} />
      <div class="checks plainchecks" role="group" aria-label={t("incident.timeline.kinds")}>{kinds.map((k) => (
        <label><input type="checkbox" checked={shown.includes(k)} onChange={() => turnKind(k)} /> {t(`incident.timeline.${k}`)}
          <span class="dim"> {(told.rows ?? []).filter((m) => m.kind === k).length}</span></label>))}</div>
      {rows.length === 0 && <p class="empty">{t(told.busy ? "incidents.busy" : "incident.timeline.none")}</p>}
      <ol class="course" ref={box}>{rows.map((m, i) => (
        <Fragment key={id(m) + i}>
          {(i === 0 || day(m.time) !== day((rows[i - 1] as Moment).time)) && <li class="day">{day(m.time)}</li>}
          <li class={`${m.kind} ${i === r.at ? "at" : ""} ${m.corrected ? "undone" : ""}`} aria-current={i === r.at ? "true" : undefined} onClick={() => r.choose(i)}>
            <time dateTime={m.time} title={full(m.time)}>{clock(m.time)}</time>
            <Pill kind={m.kind === "dispatch" ? "good" : m.kind === "alert" ? "warn" : ""}>{t(`incident.timeline.${m.kind}`)}</Pill>
            <div><What of={m} />{m.who && <span class="dim"> · <Text of={names.person(m.who)} /></span>}
              {m.corrected && <span class="dim"> · {t(m.kind === "act" ? "incident.timeline.undone" : "incident.timeline.corrected")}</span>}
              {m.reason && <blockquote><Text of={m.reason} /></blockquote>}</div>
            {may && m.kind === "line" && !m.corrected && <button type="button" class="plain" onClick={() => correct(m)}>{t("act.timeline.correct")}</button>}
          </li>
        </Fragment>))}</ol>
    </Part>
  );
}
