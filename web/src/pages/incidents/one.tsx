// One incident: what it is and how far, above; below it what belongs to it, a part at a time.
import { Whole, isOver, mayWork, Stage, stages } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useLaw, useTerms, term as named } from "../../lib/law";
import { useNames } from "../../lib/names";
import { go, usePlace } from "../../lib/router";
import { is } from "../../lib/session";
import { full } from "../../lib/time";
import { useView } from "../../lib/use";
import { actForm, doAct } from "../../ui/act";
import { Ago, Facts, Left, Pill, Problem } from "../../ui/bits";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";
import { Do, Severity, Tabs } from "./bits";
import { close, step } from "./list";
import { AlertsPart } from "./alerts";
import { EvidencePart } from "./evidence";
import { FormsPart, quickForm } from "./forms";
import { HistoryPart } from "./history";
import { ObservablesPart } from "./observables";
import { PhieuPart } from "./phieu";
import { SystemsPart } from "./systems";
import { TimelinePart } from "./timeline";
import { WorkPart } from "./work";

const parts = ["work", "timeline", "observables", "evidence", "alerts", "systems", "phieu", "forms", "history"] as const;
type PartName = (typeof parts)[number];

function Stages({ of }: { of: Whole }) {
  const here = stages.indexOf(of.state as Stage), over = isOver(of);
  return (
    <ol class="stages" aria-label={t("incident.stage")}>
      {stages.map((s, i) => (
        <li class={over || i < here ? "past" : i === here ? "here" : ""} aria-current={i === here ? "step" : undefined}>
          <button type="button" disabled={!mayWork() || over || i === here}
            onClick={() => void doAct("incident.stage", { incident: of.id, stage: s }).catch(complain)}>
            <span aria-hidden="true">{over || i < here ? "✓" : i + 1}</span> {t(`incident.stage.${s}`)}</button></li>
      ))}
      <li class={over ? "here" : ""} aria-current={over ? "step" : undefined}>
        <button type="button" disabled={!mayWork() || over} onClick={() => close(of)}>
          <span aria-hidden="true">{over ? "✓" : stages.length + 1}</span> {t(of.state === "merged" ? "incident.stage.merged" : "incident.stage.closed")}</button></li>
    </ol>
  );
}

export function One({ id }: { id: number }) {
  const told = useView<Whole>("incident.show", { incident: id }), of = told.rows?.[0], { query } = usePlace();
  const part: PartName = parts.find((p) => p === query.get("part")) ?? "work", names = useNames(), term = useTerms(), law = useLaw();
  const may = mayWork() && !!of, over = !!of && isOver(of), given = { incident: id };
  const to = (p: PartName): string => `/incidents/${id}${p === "work" ? "" : `?part=${p}`}`;
  const acts = of ? [
    { key: "m", label: "incidents.mine", off: over, run: () => void doAct("incident.assign", given).catch(complain) },
    { key: "Shift+M", label: "act.incident.assign", off: over, run: () => actForm("incident.assign", { ...given, to: of.owner ?? "" }) },
    { key: "]", label: "incidents.next", off: over, run: () => step(of, 1) },
    { key: "e", label: "act.incident.change", off: over, run: () => actForm("incident.change", { ...given, title: of.title, type: of.type, severity: of.severity,
      cause: of.cause ?? "", level: of.level ?? undefined, facts: of.facts.join(" "), summary: of.summary ?? "" }, { open: ["level"] }) },
    { key: "n", label: "act.incident.note", off: false, run: () => actForm("incident.note", given) },
    { key: "q", label: "incident.quick", off: false, run: () => quickForm(id) },
    { key: "c", label: "act.incident.close", off: over, run: () => close(of) },
    { key: "r", label: "act.incident.reopen", off: of.state !== "closed", run: () => actForm("incident.reopen", given) },
  ] : [];
  const rest = of ? [
    { key: "[", label: "incidents.before", off: over, run: () => step(of, -1) },
    { label: "act.incident.detected", off: over || !is("lead", "officer"), run: () => actForm("incident.detected", { ...given, detected: of.detected }) },
    { label: "act.incident.merge", off: over, run: () => actForm("incident.merge", given) },
  ] : [];
  useKeys("incident.one", [
    ...parts.map((p, i) => ({ key: String(i + 1), label: `incident.part.${p}`, run: () => go(to(p), true) })),
    ...[...acts, ...rest].map((a) => ({ ...a, off: !may || a.off })),
    { key: "Backspace", label: "incidents.back", run: () => go("/incidents"), quiet: true },
  ]);
  if (told.error && !of) return <div class="page"><Problem of={told.error} again={told.again} /></div>;
  if (!of) return <div class="page"><p class="empty">{t(told.busy ? "incidents.busy" : "incident.none")}</p></div>;
  const counts: Partial<Record<PartName, number>> = { work: of.tasks_open, observables: of.observables.length, evidence: of.evidence.length,
    alerts: of.alert_count, systems: of.systems.length, phieu: of.phieu.length };
  return (
    <div class="page case">
      <p class="dim"><a href="/incidents">{t("page.incidents")}</a> / <Text of={of.number} /></p>
      <h1><Text of={of.title} /></h1>
      <Problem of={told.error} again={told.again} />
      {of.merged && <p class="problem">{t("incident.merged")} <a href={`/incidents/${of.merged}`}>#{of.merged}</a></p>}
      <Stages of={of} />
      {may && <div class="buttons">{acts.filter((a) => !a.off).map((a) => <Do label={t(a.label)} run={a.run} k={a.key} />)}
        {rest.some((a) => !a.off) && <details class="more"><summary>{t("incident.more")}</summary><div>{rest.filter((a) => !a.off).map((a) => <Do label={t(a.label)} run={a.run} />)}</div></details>}</div>}
      <div class="casefacts">
        <Facts rows={[
          [t("incident.severity"), <Severity of={of.severity} whole />],
          [t("incident.type"), <Text of={term("types", of.type)} />],
          [t("incident.clock"), of.clock_due && !over && <Left until={of.clock_due} />],
          [t("incident.owner"), of.owner ? <Text of={names.person(of.owner)} /> : <Pill kind="warn">{t("incidents.nobody")}</Pill>]]} />
        <Facts rows={[
          [t("incident.detected"), <>{full(of.detected)} (<Ago at={of.detected} />)</>],
          [t("incident.opened"), full(of.opened)], [t("incident.closed"), of.closed && full(of.closed)],
          [t("incident.source"), t(`incident.source.${of.source}`)]]} />
        <Facts rows={[
          [t("incident.level"), of.level], [t("incident.systems"), of.systems.length > 0 && <Text of={of.systems.map(names.system).join(", ")} />],
          [t("incident.facts"), of.facts.length > 0 && of.facts.map((f) => { const found = law.facts?.find((x) => x.id === f); return found ? named(found) : f; }).join("; ")],
          [t("incident.cause"), of.cause && <Text of={term("causes", of.cause)} />]]} />
      </div>
      {of.summary && <p class="summary"><Text of={of.summary} /></p>}
      {of.result && <p class="summary"><b>{t("incident.result")}:</b> <Text of={of.result} /></p>}
      <Tabs label={t("incident.parts")} of={parts.map((p, i) => ({ href: to(p), label: t(`incident.part.${p}`), on: p === part, count: counts[p], key: String(i + 1) }))} />
      {part === "work" && <WorkPart of={of} />}
      {part === "timeline" && <TimelinePart of={of} />}
      {part === "observables" && <ObservablesPart of={of} />}
      {part === "evidence" && <EvidencePart of={of} />}
      {part === "alerts" && <AlertsPart of={of} />}
      {part === "systems" && <SystemsPart of={of} />}
      {part === "phieu" && <PhieuPart of={of} />}
      {part === "forms" && <FormsPart of={of} />}
      {part === "history" && <HistoryPart of={of} />}
    </div>
  );
}
