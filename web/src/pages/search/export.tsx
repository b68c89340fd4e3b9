// Taking away what was found: as a table, as lines of JSON, as evidence.
import { useEffect, useState } from "preact/hooks";
import { Given, lines, Refused } from "../../lib/api";
import { number, t } from "../../lib/i18n";
import { cells, csvOf, download, jsonl, lacking } from "../../lib/save";
import { Counts, Found, Line } from "../../lib/search";
import { Problem } from "../../ui/bits";
import { Dialog, open } from "../../ui/dialog";
import { TakeEvidence } from "../../ui/evidence";
import { Command, evidenceFor } from "./event";

const MOST = 10000, EVIDENCE = 1000; // the server's limits

interface Taken {
  rows: Found[];
  columns: string[] | undefined;
  table: unknown[][];
  counts: Counts | undefined;
}

async function takeAll(question: Given, signal: AbortSignal, see: (n: number) => void): Promise<Taken> {
  const taken: Taken = { rows: [], columns: undefined, table: [], counts: undefined };
  await lines<Line>("/search", { ...question, limit: MOST }, signal, (some) => {
    for (const x of some) {
      if (x.search) taken.counts = x.search;
      else if (x.columns) taken.columns = x.columns;
      else if (x.row) taken.table.push(x.row);
      else if (x.error) throw new Refused(503, x.error);
      else taken.rows.push(x as Found);
    }
    see(taken.rows.length + taken.table.length);
  });
  return taken;
}

function save(kind: "csv" | "jsonl", what: Taken, stopped: boolean, names: readonly string[]): void {
  const why = lacking(what.counts, stopped, what.columns !== undefined), stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, ""), name = `canh-${stamp}.${kind}`;
  if (kind === "csv") download(name, "text/csv", what.columns ? csvOf(what.columns, what.table, why) : csvOf(names, cells(what.rows, names), why));
  else download(name, "application/x-ndjson", jsonl(what.columns ? what.table.map((r) => Object.fromEntries((what.columns as string[]).map((c, i) => [c, r[i]]))) : what.rows, why));
}

function Export({ question, at, stopped, cols }: { question: Given; at: Taken; stopped: boolean; cols: readonly string[] }) {
  const [kind, setKind] = useState<"csv" | "jsonl">("csv"), [all, setAll] = useState(false), [names, setNames] = useState(cols.join(", "));
  const [error, setError] = useState<Refused>(), [n, setN] = useState(-1), [over] = useState(() => new AbortController());
  useEffect(() => () => over.abort(), []);
  const found = at.counts?.found ?? EVIDENCE + 1; // not known: no more than the newest
  const have = at.rows.length + at.table.length, list = names.split(",").map((x) => x.trim()).filter(Boolean);
  const go = (e: Event): void => {
    e.preventDefault();
    if (!all) {
      save(kind, at, stopped, list);
      return;
    }
    setN(0);
    takeAll(question, over.signal, setN).then((taken) => { setN(-1); save(kind, taken, false, list); },
      (x: unknown) => { if (!over.signal.aborted) { setN(-1); setError(x instanceof Refused ? x : new Refused(0, String(x))); } });
  };
  const text = (name: string): string | undefined => (question[name] ? String(question[name]) : undefined);
  return (
    <Dialog title={t("search.export")}>
      <form class="actform" onSubmit={go}>
        <fieldset class="checks"><legend>{t("search.export.as")}</legend>
          <label><input type="radio" name="kind" checked={kind === "csv"} onChange={() => setKind("csv")} /> CSV</label>
          <label><input type="radio" name="kind" checked={kind === "jsonl"} onChange={() => setKind("jsonl")} /> JSONL</label></fieldset>
        <fieldset class="checks"><legend>{t("search.export.what")}</legend>
          <label><input type="radio" name="all" checked={!all} onChange={() => setAll(false)} /> {t("search.export.here", { n: number(have) })}</label>
          {!at.columns && <label><input type="radio" name="all" checked={all} onChange={() => setAll(true)} /> {t("search.export.all", { n: number(MOST) })}</label>}</fieldset>
        {kind === "csv" && !at.columns && <div class="field"><label for="names">{t("search.columns")}</label><input id="names" value={names} onInput={(e) => setNames(e.currentTarget.value)} /></div>}
        <p class="dim">{t("search.export.safe")}</p>
        <Problem of={error} />
        <footer>{n >= 0 && <span role="status">{number(n)} …</span>}<button type="submit" class="main" disabled={n >= 0 || (have === 0 && !all)}>{t("search.export.take")}</button></footer>
      </form>
      <div class="actform"><h3>{t("search.evidence")}</h3><p class="dim">{t("search.evidence.how")}</p>
        {!at.columns && <p><TakeEvidence of={{ q: question["q"] || "*", from: question["from"], to: question["to"], for: question["for"], limit: found > EVIDENCE ? EVIDENCE : undefined }} />
          {found > EVIDENCE && <span class="dim"> {t("search.evidence.newest", { n: number(EVIDENCE) })}</span>}</p>}
        <p class="dim">{t("search.evidence.host")}</p>
        <Command of={evidenceFor(text("q") ?? "", text("from"), text("to"), text("for") ?? "")} /></div>
    </Dialog>
  );
}

export function openExport(question: Given, at: Taken, stopped: boolean, cols: readonly string[]): void {
  open(() => <Export question={question} at={at} stopped={stopped} cols={cols} />);
}
