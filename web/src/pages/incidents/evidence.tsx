// What is kept as proof: its SHA-256, who had it, and handing it over.
import { useState } from "preact/hooks";
import { Evidence, mayWork, Whole } from "../../lib/incident";
import { saveFile, size } from "../../lib/file";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { useNames } from "../../lib/names";
import { useRows } from "../../lib/rows";
import { me } from "../../lib/session";
import { full } from "../../lib/time";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Part, Problem } from "../../ui/bits";
import { TakeEvidence } from "../../ui/evidence";
import { Papers } from "../../ui/paper";
import { Text } from "../../ui/text";
import { complain } from "../../ui/toast";
import { Value } from "../../ui/value";
import { Do } from "./bits";

const holder = (v: Evidence): string => v.custody[v.custody.length - 1]?.taker ?? v.taken_by;

export function EvidencePart({ of }: { of: Whole }) {
  const told = useView<Evidence>("evidence.list", { incident: of.id }), may = mayWork(), rows = told.rows ?? [], names = useNames();
  const [marked, setMarked] = useState<ReadonlySet<number>>(new Set()), r = useRows(rows, (v) => v.id);
  const mark = (v: Evidence | undefined): void => {
    if (!v) return;
    const next = new Set(marked);
    if (!next.delete(v.id)) next.add(v.id);
    setMarked(next);
  };
  const add = (): void => actForm("evidence.add", { incident: of.id });
  const over = (): void => {
    const all = marked.size > 0 ? rows.filter((v) => marked.has(v.id)) : r.row ? [r.row] : [], first = all[0];
    if (first) actForm("evidence.hand_over", { incident: of.id, evidence: all.map((v) => v.id), giver: holder(first) }, { done: () => setMarked(new Set()) });
  };
  useKeys("incident.part.evidence", [
    ...r.keys,
    { key: "a", label: "act.evidence.add", off: !may, run: add },
    { key: "x", label: "keys.mark", off: !r.row, run: () => mark(r.row) },
    { key: "o", label: "act.evidence.hand_over", off: !may || rows.length === 0, run: over },
  ]);
  return (
    <Part title={t("incident.part.evidence")} side={may && <span><Do label={t("act.evidence.add")} k="a" run={add} /> <Do label={t("act.evidence.hand_over")} k="o" off={rows.length === 0} run={over} /></span>}>
      {rows.some((v) => v.events) && <p><TakeEvidence of={{ for: `incident:${of.id}` }} /></p>}
      <Problem of={told.error} again={told.again} />
      {rows.length === 0 && <p class="empty">{t(told.busy ? "incidents.busy" : "incident.evidence.none")}</p>}
      <ul class="items">{rows.map((v, i) => (
        <li class={i === r.at ? "at" : ""} aria-current={i === r.at ? "true" : undefined} onClick={() => r.choose(i)} key={v.id}>
          {may && <input type="checkbox" checked={marked.has(v.id)} aria-label={t("ui.mark")} onClick={(e) => { e.stopPropagation(); mark(v); }} />}
          <div>
            <p><b><Text of={v.number} /></b> <Text of={v.what} /> {v.file && <button type="button" class="plain" onClick={() => void saveFile("evidence.file", { evidence: v.id }).catch(complain)}>
              {t("incident.evidence.save")} <Text of={v.file} /></button>} <span class="dim">{size(v.bytes)}</span></p>
            {v.sha256 && <p class="sha"><span class="dim">SHA-256</span> <code><Value of={v.sha256} field="sha256" /></code></p>}
            <p class="dim">{t("incident.evidence.taken", { who: names.person(v.taken_by), at: full(v.taken) })} · {t("incident.evidence.origin")} <Text of={v.origin} />
              {v.place && <> · {t("incident.evidence.place")} <Text of={v.place} /></>}</p>
            {v.custody.length > 0 && <ol class="custody" aria-label={t("incident.evidence.custody")}>{v.custody.map((c) => (
              <li><time dateTime={c.time}>{full(c.time)}</time> <Text of={names.person(c.giver)} /> → <b><Text of={names.person(c.taker)} /></b>
                <span class="dim"> (<Text of={[c.title, c.agency].filter(Boolean).join(", ")} />): <Text of={c.why} /></span> <Papers form="bien-ban-chung-cu" of={{ hand_over: c.hand_over }} plain /></li>))}</ol>}
            <p>{t("incident.evidence.holder")} <b><Text of={names.person(holder(v))} /></b>{holder(v) === me.get()?.name && ` (${t("incident.evidence.you")})`}</p>
          </div>
        </li>))}</ul>
    </Part>
  );
}
