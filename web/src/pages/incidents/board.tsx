// Incidents by their stage, a column each; what was closed last stands at the end.
import { useEffect, useRef } from "preact/hooks";
import { Incident, stages } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { useTerms } from "../../lib/law";
import { Names } from "../../lib/names";
import { Left } from "../../ui/bits";
import { Text } from "../../ui/text";
import { Severity } from "./bits";

interface CardProps {
  of: Incident;
  at: boolean;
  choose: () => void;
  open: () => void;
  names: Names;
}

function Card({ of, at, choose, open, names }: CardProps) {
  const term = useTerms(), box = useRef<HTMLLIElement>(null);
  useEffect(() => { if (at) box.current?.scrollIntoView({ block: "nearest", inline: "nearest" }); }, [at]);
  return (
    <li ref={box} class={`card ${at ? "at" : ""}`} aria-current={at ? "true" : undefined} onMouseDown={choose}>
      <p class="dim"><Severity of={of.severity} /> {of.number}</p>
      <a href={`/incidents/${of.id}`} onClick={(e) => { if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); open(); } }}><Text of={of.title} /></a>
      <p class="dim"><Text of={term("types", of.type)} />{of.systems.length > 0 && <> · <Text of={of.systems.map(names.system).join(", ")} /></>}</p>
      <p class="ends"><span>{of.owner ? <Text of={names.person(of.owner)} /> : t("incidents.nobody")}</span>
        {of.clock_due && !of.closed && <Left until={of.clock_due} />}</p>
    </li>
  );
}

interface BoardProps {
  rows: readonly Incident[];
  closed: readonly Incident[];
  at: number | undefined;
  choose: (i: Incident) => void;
  open: (i: Incident) => void;
  names: Names;
  busy: boolean;
}

export function Board({ rows, closed, at, choose, open, names, busy }: BoardProps) {
  return (
    <div class="board" aria-busy={busy}>
      {[...stages, "closed"].map((stage) => {
        const mine = stage === "closed" ? closed : rows.filter((i) => i.state === stage);
        return (
          <section aria-label={t(`incident.stage.${stage}`)}>
            <h2>{t(`incident.stage.${stage}`)} <span class="dim">{mine.length}</span></h2>
            {mine.length === 0 ? <p class="empty">{busy ? "…" : "–"}</p> :
              <ul>{mine.map((i) => <Card key={i.id} of={i} at={stage !== "closed" && i.id === at} choose={() => { if (stage !== "closed") choose(i); }}
                open={() => open(i)} names={names} />)}</ul>}
          </section>
        );
      })}
    </div>
  );
}
