// Which incidents are shown: parts of the address.
import type { RefObject } from "preact";
import { stages } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { term, useLaw } from "../../lib/law";
import { usePeople, useSystems } from "../../lib/names";
import { go, turn } from "../../lib/router";
import { me } from "../../lib/session";

const names = ["state", "type", "severity", "owner", "system", "text"] as const;

export function asked(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(names.filter((n) => query.get(n)).map((n) => [n, query.get(n) as string]));
}

function Choose({ name, label, q, of }: { name: string; label: string; q: Record<string, string>; of: readonly [string, string][] }) {
  return (
    <select aria-label={label} value={q[name] ?? ""} onChange={(e) => turn({ [name]: e.currentTarget.value })}>
      <option value="">{label}</option>
      {of.map(([v, text]) => <option value={v} selected={q[name] === v}>{text}</option>)}
    </select>
  );
}

export function Filters({ q, board, input }: { q: Record<string, string>; board: boolean; input: RefObject<HTMLInputElement | null> }) {
  const law = useLaw(), people = usePeople(), systems = useSystems(), mine = me.get()?.name ?? "";
  return (
    <div class="filters slim">
      {!board && <Choose name="state" q={q} label={t("incidents.open")} of={[...stages, "closed", "merged", "any"].map((s) => [s, t(`incident.stage.${s}`)])} />}
      <Choose name="severity" q={q} label={t("incidents.anyseverity")} of={(law.severities ?? []).map((s) => [s.id, term(s)])} />
      <Choose name="type" q={q} label={t("incidents.anytype")} of={(law.types ?? []).map((s) => [s.id, term(s)])} />
      <Choose name="owner" q={q} label={t("incidents.anyowner")} of={[[mine, t("incidents.ofmine")],
        ...people.filter((p) => p.name !== mine).map((p): [string, string] => [p.name, p.display])]} />
      <Choose name="system" q={q} label={t("incidents.anysystem")} of={systems.map((s) => [String(s.id), s.name])} />
      <form role="search" onSubmit={(e) => { e.preventDefault(); turn({ text: input.current?.value.trim() }); input.current?.blur(); }}>
        <input ref={input} type="search" aria-label={t("keys.filter")} placeholder={t("incidents.text")} defaultValue={q["text"] ?? ""} key={q["text"] ?? ""}
          onKeyDown={(e) => { if (e.key === "Escape") e.currentTarget.blur(); }} />
      </form>
      {Object.keys(q).length > 0 && <button type="button" class="plain" onClick={() => go("/incidents" + (board ? "?view=board" : ""))}>{t("incidents.clear")}</button>}
    </div>
  );
}
