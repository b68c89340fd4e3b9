// The register of official letters that came in and went out.
import { useMemo, useRef } from "preact/hooks";
import { Letter, mayWork } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { Names, useNames } from "../../lib/names";
import { turn, usePlace } from "../../lib/router";
import { useRows } from "../../lib/rows";
import { useStore } from "../../lib/store";
import { density, rowHeight } from "../../lib/theme";
import { full } from "../../lib/time";
import { useView } from "../../lib/use";
import { actForm } from "../../ui/act";
import { Facts, Part, Pill, Problem, When } from "../../ui/bits";
import { Column, List } from "../../ui/list";
import { Papers } from "../../ui/paper";
import { Text } from "../../ui/text";
import { Do } from "../incidents/bits";
import { PhieuTabs } from "./list";

function acts(l: Letter | undefined) {
  const may = mayWork() && !!l, given = { letter: l?.id };
  return [
    { key: "s", label: "act.letter.send", off: !may || l.state !== "draft", run: () => actForm("letter.send", given) },
    { key: "e", label: "act.letter.change", off: !may, run: () => actForm("letter.change", { ...given, party: l?.party, subject: l?.subject, text: l?.text ?? "", signer: l?.signer ?? "" }) },
    { key: "a", label: "letter.answer", off: !may || l.direction !== "in", run: () => actForm("letter.write", { answers: l?.id, party: l?.party, subject: l?.subject, incident: l?.incident ?? undefined }) },
    { key: "d", label: "act.letter.remove", off: !may, run: () => actForm("letter.remove", given) },
  ];
}

function Pane({ of, names, close }: { of: Letter; names: Names; close: () => void }) {
  const told = useView<Letter>("letter.show", { letter: of.id }), l = told.rows?.[0] ?? of;
  return (
    <aside class="pane" aria-label={t("letter.one")}>
      <header><span><Pill>{t(`letter.${l.direction}`)}</Pill> {t(`letter.state.${l.state}`)}</span>
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button><h2><Text of={l.subject} /></h2></header>
      <div class="buttons">{acts(l).filter((a) => !a.off).map((a, i) => <Do label={t(a.label)} run={a.run} k={a.key} main={i === 0} />)} {l.direction === "out" && <Papers form="cong-van" of={{ letter: l.id }} />}</div>
      <Problem of={told.error} again={told.again} />
      <Facts rows={[
        [t("letter.number"), l.number && <Text of={l.number} />], [t("letter.day"), l.day && <Text of={l.day.split("-").reverse().join("/")} />], [t("letter.party"), <Text of={l.party} />],
        [t("phieu.agency"), l.agency && <Text of={names.agency(l.agency)} />], [t("letter.time"), l.time && full(l.time)], [t("phieu.channel"), l.channel && t(`phieu.via.${l.channel}`)],
        [t("letter.signer"), l.signer && <Text of={[l.signer, l.signer_title].filter(Boolean).join(", ")} />],
        [t("alert.incident"), l.incident && <a href={`/incidents/${l.incident}?part=phieu`}>#{l.incident}</a>], [t("phieu.one"), l.phieu && <a href={`/phieu?state=any&phieu=${l.phieu}`}>#{l.phieu}</a>]]} />
      {l.text && <Part title={t("letter.text")}><p><Text of={l.text} /></p></Part>}
    </aside>
  );
}

export function Letters() {
  const { query } = usePlace(), direction = query.get("direction") ?? "", state = query.get("state") ?? "", text = query.get("text") ?? "", wanted = Number(query.get("letter"));
  const q = useMemo(() => ({ direction, state, text, limit: 1000 }), [direction, state, text]), told = useView<Letter>("letter.list", q), rows = told.rows ?? [], names = useNames();
  const open = (l: Letter): void => turn({ letter: l.id }, true), shut = (): void => turn({ letter: null }, true), r = useRows(rows, (l) => l.id, open);
  const shown = wanted ? rows.find((l) => l.id === wanted) : undefined, at = shown ?? r.row, filter = useRef<HTMLInputElement>(null);
  useStore(density);
  useKeys("letters", [
    ...r.keys,
    { key: "Escape", label: "keys.back", run: shut, quiet: true },
    { key: "/", label: "keys.filter", run: () => filter.current?.focus() },
    { key: "n", label: "act.letter.write", off: !mayWork(), run: () => actForm("letter.write") },
    { key: "i", label: "act.letter.receive", off: !mayWork(), run: () => actForm("letter.receive") },
    ...acts(at),
  ]);
  const columns: Column<Letter>[] = [
    { name: "direction", title: "letter.direction", width: "64px", cell: (l) => t(`letter.${l.direction}`) },
    { name: "number", title: "letter.number", width: "110px", from: 560, cell: (l) => <Text of={l.number ?? "–"} /> },
    { name: "party", title: "letter.party", width: "minmax(110px, 1fr)", from: 480, cell: (l) => <Text of={l.party} /> },
    { name: "title", title: "letter.subject", width: "minmax(160px, 2fr)", cell: (l) => <Text of={l.subject} /> },
    { name: "state", title: "letter.state", width: "100px", from: 700, cell: (l) => t(`letter.state.${l.state}`) },
    { name: "last", title: "letter.time", width: "96px", cell: (l) => <When at={l.time} /> },
  ];
  return (
    <div class={`queue ${shown ? "split" : ""}`}>
      <div class="left">
        <header class="bar">
          <h1>{t("page.phieu")}</h1>
          <PhieuTabs at="letters" />
          <div class="filters">
            <select aria-label={t("letter.direction")} onChange={(e) => turn({ direction: e.currentTarget.value })}><option value="">{t("letter.both")}</option>
              {["in", "out"].map((d) => <option value={d} selected={d === direction}>{t(`letter.${d}`)}</option>)}</select>
            <select aria-label={t("letter.state")} onChange={(e) => turn({ state: e.currentTarget.value })}><option value="">{t("letter.anystate")}</option>
              {["draft", "sent", "received"].map((d) => <option value={d} selected={d === state}>{t(`letter.state.${d}`)}</option>)}</select>
            <form role="search" onSubmit={(e) => { e.preventDefault(); turn({ text: filter.current?.value.trim() }); filter.current?.blur(); }}>
              <input ref={filter} type="search" aria-label={t("keys.filter")} placeholder={t("letter.filter")} defaultValue={text} key={text} onKeyDown={(e) => { if (e.key === "Escape") e.currentTarget.blur(); }} /></form></div>
          {mayWork() && <span class="push"><Do label={t("act.letter.write")} k="n" run={() => actForm("letter.write")} /> <Do label={t("act.letter.receive")} k="i" run={() => actForm("letter.receive")} /></span>}
        </header>
        <Problem of={told.error} again={told.again} />
        {rows.length === 0 && !told.error ? <p class="empty pad">{t(told.busy ? "incidents.busy" : "letter.none")}</p> :
          <List label={t("letters")} rows={rows} columns={columns} id={(l) => l.id} at={Math.max(0, rows.findIndex((l) => l.id === at?.id))} setAt={r.choose} open={open} height={rowHeight()} />}
      </div>
      {shown && <Pane of={shown} names={names} close={shut} key={shown.id} />}
    </div>
  );
}
