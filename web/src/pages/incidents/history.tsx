// Who did what to an incident, and the notes on it.
import { Row } from "../../lib/api";
import { mayWork, Whole } from "../../lib/incident";
import { has, t } from "../../lib/i18n";
import { useNames } from "../../lib/names";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Part, Problem, When } from "../../ui/bits";
import { Text } from "../../ui/text";
import { Do } from "./bits";

export function HistoryPart({ of }: { of: Whole }) {
  const told = useView<Row>("act.of", { kind: "incident", key: of.id, limit: 1000 }), names = useNames(), rows = told.rows ?? [];
  return (
    <Part title={t("incident.part.history")} side={mayWork() && <Do label={t("act.incident.note")} k="n" run={() => actForm("incident.note", { incident: of.id })} />}>
      <Problem of={told.error} again={told.again} />
      {rows.length === 0 && <p class="empty">{t(told.busy ? "incidents.busy" : "ui.nothing")}</p>}
      <ul class="history">{rows.map((x) => (
        <li class={x["undone"] ? "undone" : ""}><When at={x["time"] as string} /> <b><Text of={names.person(x["name"] as string)} /></b>{" "}
          {has(`did.${String(x["did"])}`) ? t(`did.${String(x["did"])}`) : <Text of={x["did"]} />}
          {x["note"] ? <blockquote><Text of={x["note"]} /></blockquote> : null}</li>))}</ul>
      {of.detections.length > 0 && <>
        <h3>{t("incident.detections")}</h3>
        <ul class="history">{of.detections.map((d) => <li><When at={d.at} /> <b><Text of={names.person(d.by)} /></b>: {t("incident.detected")} <When at={d.time} /><blockquote><Text of={d.reason} /></blockquote></li>)}</ul></>}
    </Part>
  );
}
