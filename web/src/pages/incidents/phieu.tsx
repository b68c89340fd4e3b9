// Phiếu to agencies about an incident, and its letters.
import { isOver, Letter, mayWork, Phieu, System, Whole } from "../../lib/incident";
import { get } from "../../lib/api";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useNames, useSystems } from "../../lib/names";
import { go } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Left, Part, Problem, When } from "../../ui/bits";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { PhieuState } from "../phieu/bits";
import { Do } from "./bits";

const DUE_MS = 24 * 3600 * 1000;

/** The form, with what is known of the incident in it: its agency does what the playbook leaves to who runs the system. */
export function makePhieu(of: Whole, system?: System): void {
  get<{ title: string; role: string | null; state: string }>("task.list", { incident: of.id, limit: 500 }).catch(() => []).then((tasks) => {
    const steps = tasks.filter((x) => x.role === "operator" && (x.state === "todo" || x.state === "doing")).map((x) => x.title);
    const proof = [...of.observables.map((o) => `${t(`incident.observable.type.${o.type}`)}: ${o.value}${o.note ? ` (${o.note})` : ""}`), ...of.evidence.map((v) => v.what)];
    actForm("phieu.make", { kind: "request", incident: of.id, ...(system ? { system: system.id, agency: system.operator || system.owner } : {}), subject: of.title,
      what: of.summary ?? of.title, proof: proof.slice(0, 20).join("\n"), steps: steps.slice(0, 12).join("\n"), due: new Date(Date.now() + DUE_MS).toISOString() }, { open: ["agency"], without: ["alert"] });
  }, () => {});
}

export function PhieuPart({ of }: { of: Whole }) {
  const told = useView<Phieu>("phieu.list", { incident: of.id }), letters = useView<Letter>("letter.list", { incident: of.id }), names = useNames(), systems = useSystems();
  const rows = told.rows ?? [], may = mayWork(), r = useRows(rows, (p) => p.id, (p) => go(`/phieu?state=any&phieu=${p.id}`));
  const make = (): void => makePhieu(of, systems.find((s) => s.id === of.systems[0]));
  const write = (): void => actForm("letter.write", { incident: of.id, subject: of.title });
  const took = (): void => actForm("letter.receive", { incident: of.id });
  useKeys("incident.part.phieu", [
    ...r.keys,
    { key: "f", label: "phieu.make", off: !may || isOver(of), run: make },
    { key: "w", label: "act.letter.write", off: !may, run: write },
    { key: "i", label: "act.letter.receive", off: !may, run: took },
  ]);
  return (
    <>
      <Part title={t("page.phieu")} side={may && !isOver(of) && <Do label={t("phieu.make")} k="f" run={make} />}>
        <Problem of={told.error} again={told.again} />
        <Table label={t("page.phieu")} rows={rows} at={r.at} open={(p) => go(`/phieu?state=any&phieu=${p.id}`)} empty={t(told.busy ? "incidents.busy" : "phieu.noneof")}
          kind={(p) => (p.late ? "bad" : "")} cols={[
            { title: "phieu.number", cell: (p) => <a href={`/phieu?state=any&phieu=${p.id}`}><Text of={p.number} /></a> },
            { title: "phieu.kind", cell: (p) => t(`phieu.kind.${p.kind}`) }, { title: "phieu.agency", cell: (p) => <Text of={names.agency(p.agency)} /> },
            { title: "phieu.subject", cell: (p) => <Text of={p.subject} /> }, { title: "phieu.state", cell: (p) => <PhieuState of={p} /> },
            { title: "phieu.due", cell: (p) => (p.answered || p.closed ? <When at={p.due} /> : <Left until={p.due} />) }]} />
      </Part>
      <Part title={t("letters")} side={may && <span><Do label={t("act.letter.write")} k="w" run={write} /> <Do label={t("act.letter.receive")} k="i" run={took} /></span>}>
        <Problem of={letters.error} again={letters.again} />
        <Table label={t("letters")} rows={letters.rows ?? []} empty={t(letters.busy ? "incidents.busy" : "letter.noneof")} open={(l) => go(`/phieu/letters?letter=${l.id}`)} cols={[
          { title: "letter.direction", cell: (l) => t(`letter.${l.direction}`) }, { title: "letter.number", cell: (l) => <Text of={l.number ?? ""} /> },
          { title: "letter.party", cell: (l) => <Text of={l.party} /> },
          { title: "letter.subject", cell: (l) => <a href={`/phieu/letters?letter=${l.id}`}><Text of={l.subject} /></a> },
          { title: "letter.state", cell: (l) => t(`letter.state.${l.state}`) }, { title: "letter.time", cell: (l) => <When at={l.time} /> }]} />
      </Part>
    </>
  );
}
