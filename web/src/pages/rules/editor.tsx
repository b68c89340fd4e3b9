// Writing a rule: what is wrong is shown as it is typed; what it would have found is asked for; then it is published.
import { useEffect, useRef, useState } from "preact/hooks";
import { about, Refused } from "../../lib/api";
import { t } from "../../lib/i18n";
import { go } from "../../lib/router";
import { Fault, faultsOf } from "../../lib/rule";
import { is } from "../../lib/session";
import { useKeys } from "../../lib/keys";
import { actForm } from "../../ui/act";
import { Part, Problem } from "../../ui/bits";
import { Said } from "../../ui/said";
import { Text } from "../../ui/text";
import { Hunt } from "./hunt";

const CHECK_MS = 400;

function template(): string {
  return `title: 
id: ${crypto.randomUUID()}
status: experimental
description: |
    
author: 
date: ${new Date().toISOString().slice(0, 10)}
tags:
    - attack.execution
logsource:
    product: linux
    service: sudo
detection:
    selection:
        COMMAND|contains: ''
    condition: selection
falsepositives:
    - 
level: medium
`;
}

interface Checked {
  state: "" | "busy" | "done";
  faults: Fault[];
  error?: Refused;
}

function useCheck(text: string): Checked {
  const [checked, set] = useState<Checked>({ state: "", faults: [] });
  useEffect(() => {
    const over = new AbortController();
    const timer = setTimeout(() => {
      if (!text.trim()) {
        set({ state: "", faults: [] });
        return;
      }
      set((old) => ({ ...old, state: "busy" }));
      about("/rule/check", text, over.signal).then((r) => set({ state: "done", faults: faultsOf(r) }),
        (e: unknown) => { if (!over.signal.aborted) set({ state: "", faults: [], error: e instanceof Refused ? e : new Refused(0, String(e)) }); });
    }, CHECK_MS);
    return () => { over.abort(); clearTimeout(timer); };
  }, [text]);
  return checked;
}

/** Where a line begins, in units. */
function startOf(text: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) at = text.indexOf("\n", at) + 1 || text.length;
  return at;
}

export function Editor({ id, text: before, done }: { id?: string; text?: string; done?: () => void }) {
  const [text, setText] = useState(() => before ?? template()), area = useRef<HTMLTextAreaElement>(null), gutter = useRef<HTMLPreElement>(null);
  const checked = useCheck(text), wrong = checked.faults.filter((f) => f.kind === "error"), may = is("lead", "administrator");
  const dirty = text !== (before ?? "") && text !== "";
  const name = /^id:\s*(\S+)/m.exec(text)?.[1] ?? id ?? "";
  useEffect(() => {
    const keep = (e: BeforeUnloadEvent): void => { if (dirty) e.preventDefault(); };
    addEventListener("beforeunload", keep);
    return () => removeEventListener("beforeunload", keep);
  }, [dirty]);
  const publish = (): void => actForm("rule.publish", { text }, { without: ["text"], done: () => { done?.(); go(`/rules/${encodeURIComponent(name)}`, true); } });
  const hunt = (): void => document.querySelector<HTMLButtonElement>("[data-hunt]")?.click();
  const visit = (f: Fault): void => {
    const el = area.current as HTMLTextAreaElement, at = Math.min(text.length, startOf(text, f.line));
    el.focus();
    el.setSelectionRange(at, Math.max(at, text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at)));
  };
  useKeys("page.rules", [
    { key: "Ctrl+Enter", label: "rules.hunt.go", run: hunt },
    { key: "Ctrl+s", label: "act.rule.publish", off: !may || wrong.length > 0 || !dirty, run: publish },
  ]);
  const byLine = new Map(checked.faults.map((f) => [f.line, f.kind === "error" ? "bad" : "warn"])), count = text.split("\n").length;
  return (
    <>
      <Part title={t(id ? "rules.edit" : "rules.new")} side={<span role="status" aria-live="polite">
        {checked.state === "busy" ? t("rules.checking") : wrong.length > 0 ? <b class="wrongtext">{t("rules.wrong", { n: wrong.length })}</b> :
          checked.state === "done" ? <span class="goodtext">✓ {t("rules.good")}</span> : null}</span>}>
        <Problem of={checked.error} />
        <div class="editor">
          <pre ref={gutter} class="gutter" aria-hidden="true">{Array.from({ length: count }, (_, i) => <span class={byLine.get(i + 1) ?? ""}>{byLine.has(i + 1) ? "▸" : ""}{i + 1}{"\n"}</span>)}</pre>
          <textarea ref={area} aria-label={t("rules.text")} aria-describedby="faults" spellcheck={false} wrap="off" rows={Math.min(36, Math.max(16, count + 1))} value={text}
            onInput={(e) => setText(e.currentTarget.value)} onScroll={(e) => { if (gutter.current) gutter.current.scrollTop = e.currentTarget.scrollTop; }} />
        </div>
        <ul id="faults" class="short faults">{checked.faults.map((f) => (
          <li class={f.kind === "error" ? "wrongtext" : "warntext"}><button type="button" class="plain" onClick={() => visit(f)}>{t("rules.line", { line: f.line })}</button>
            {t(`rules.${f.kind}`)}{f.kind === "blind" ? f.why ? <>: {t("rules.blind.field")} <code><Text of={f.why} /></code></> : <>: {t("rules.blind.source")}</> : <>: <Said of={f.why} /></>}</li>))}</ul>
        <div class="buttons">
          {may && <button type="button" class="main" disabled={wrong.length > 0 || !dirty} onClick={publish}>{t("act.rule.publish")} <kbd>Ctrl S</kbd></button>}
          {!may && <span class="dim">{t("rules.maynot")}</span>}
          <a class="button" href={id ? `/rules/${encodeURIComponent(id)}` : "/rules"}>{t("ui.cancel")}</a>
        </div>
      </Part>
      <Hunt text={() => text} />
    </>
  );
}
