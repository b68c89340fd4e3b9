// What an agency's contact has to do, for a telephone: phiếu to answer, people to confirm, systems and machines.
import { useState } from "preact/hooks";
import { Refused, Row } from "../lib/api";
import { Given, readFile, size } from "../lib/file";
import { isOut, Phieu, System, WholePhieu } from "../lib/incident";
import { t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { turn, useParam } from "../lib/router";
import { me } from "../lib/session";
import { full } from "../lib/time";
import { useView } from "../lib/use";
import { actForm, doAct } from "../ui/act";
import { Ago, Left, Part, Pill, Problem } from "../ui/bits";
import { Text } from "../ui/text";
import { complain } from "../ui/toast";
import { Answers } from "./phieu/list";
import { Lines } from "./incidents/bits";

const MOST = 10 << 20; // bytes of a file

function Answer({ of, done }: { of: Phieu; done: () => void }) {
  const [text, setText] = useState(""), [cause, setCause] = useState(""), [handled, setHandled] = useState(""), [total, setTotal] = useState("");
  const [file, setFile] = useState<Given>(), [busy, setBusy] = useState(false), [error, setError] = useState<Refused>();
  const take = (f: File | undefined): void => {
    setError(undefined);
    if (!f) { setFile(undefined); return; }
    readFile(f, true).then((x) => { if (x.bytes > MOST) setError(new Refused(413, t("my.toolarge"))); else setFile(x); },
      (e: unknown) => setError(new Refused(0, String(e))));
  };
  const send = (e: Event): void => {
    e.preventDefault();
    setBusy(true);
    doAct("phieu.answer", { phieu: of.id, done: text.trim(), ...(cause.trim() ? { cause: cause.trim() } : {}), ...(handled ? { handled: Number(handled) } : {}),
      ...(total ? { total: Number(total) } : {}), ...(file ? { file: file.name.slice(0, 200), content: file.content } : {}) }, { said: t("my.answered") })
      .then(done, (x: unknown) => { setBusy(false); setError(x instanceof Refused ? x : new Refused(0, String(x))); });
  };
  return (
    <form class="answer" onSubmit={send}>
      <label>{t("my.done")}<span aria-hidden="true" class="must"> *</span>
        <textarea required rows={4} maxLength={10000} value={text} onInput={(e) => setText(e.currentTarget.value)} placeholder={t("my.done.example")} /></label>
      <label>{t("my.cause")}<textarea rows={2} maxLength={10000} value={cause} onInput={(e) => setCause(e.currentTarget.value)} /></label>
      <div class="pair"><label>{t("my.handled")}<input type="number" inputMode="numeric" min={0} max={1000000} value={handled} onInput={(e) => setHandled(e.currentTarget.value)} /></label>
        <label>{t("my.total")}<input type="number" inputMode="numeric" min={0} max={1000000} value={total} onInput={(e) => setTotal(e.currentTarget.value)} /></label></div>
      <label class="file"><span class="big">{file ? t("my.otherfile") : t("my.file")}</span>
        <input type="file" accept="image/*,.pdf,.doc,.docx,.xls,.xlsx,.txt,.log,.zip" onChange={(e) => take(e.currentTarget.files?.[0])} /></label>
      {file && <p class="chosen"><Text of={file.name} /> <span class="dim">{size(file.bytes)}</span> <button type="button" class="plain" onClick={() => setFile(undefined)}>{t("my.nofile")}</button></p>}
      <Problem of={error} />
      <button type="submit" class="main big" disabled={busy}>{t(busy ? "my.sending" : "my.send")}</button>
      <button type="button" class="big" onClick={done}>{t("ui.cancel")}</button>
    </form>
  );
}

function Card({ of, open }: { of: Phieu; open: boolean }) {
  const told = useView<WholePhieu>("phieu.show", { phieu: of.id }), whole = told.rows?.[0], [answers, setAnswers] = useState(false);
  const returned = of.state === "returned", id = `phieu-${of.id}`;
  return (
    <article class={`mycard ${of.late ? "bad" : ""}`} aria-labelledby={id}>
      <p><Pill kind={of.kind === "warning" ? "warn" : ""}>{t(`phieu.kind.${of.kind}`)}</Pill> <span class="dim"><Text of={of.number} /></span> {returned && <Pill kind="bad">{t("my.returned")}</Pill>}</p>
      <h3 id={id}><Text of={of.subject} /></h3>
      {isOut(of) && <p class="due">{t("my.before")} <b>{full(of.due).slice(0, 16)}</b> <Left until={of.due} /></p>}
      {!isOut(of) && <p><Pill kind="good">{t(`my.state.${of.state}`)}</Pill></p>}
      {open && <>
        <h4>{t("my.what")}</h4><p><Lines of={of.what} /></p>
        <Problem of={told.error} again={told.again} />
        {whole && <><h4>{t("my.steps")}</h4><Lines of={whole.steps} /><details><summary>{t("my.proof")}</summary><Lines of={whole.proof} /></details>
          {returned && whole.history.filter((h) => h.state === "returned").slice(-1).map((h) => h.text && <p class="problem"><Text of={h.text} /></p>)}
          {whole.answers.length > 0 && <><h4>{t("my.answers")}</h4><Answers of={whole} /></>}</>}
      </>}
      {answers ? <Answer of={of} done={() => setAnswers(false)} /> : <div class="mybuttons">
        {of.state === "sent" && <button type="button" class="big" onClick={() => void doAct("phieu.receive", { phieu: of.id }, { said: t("my.received") }).catch(complain)}>{t("my.receive")}</button>}
        {isOut(of) && <button type="button" class="big main" onClick={() => { turn({ phieu: of.id }, true); setAnswers(true); }}>{t("my.answer")}</button>}
        <button type="button" class="big" aria-expanded={open} onClick={() => turn({ phieu: open ? null : of.id }, true)}>{t(open ? "my.less" : "my.more")}</button></div>}
    </article>
  );
}

function People() {
  const told = useView<Row>("contact.list", { limit: 200 }), rows = told.rows ?? [], agency = me.get()?.agency;
  return (
    <Part title={t("my.people")}>
      <p class="dim">{t("my.people.help")}</p>
      <Problem of={told.error} again={told.again} />
      {rows.length === 0 && <p class="empty">{t(told.busy ? "incidents.busy" : "my.nopeople")}</p>}
      {rows.map((c) => (
        <article class="mycard" key={String(c["id"])}>
          <h3><Text of={c["name"]} /></h3>
          <p><Text of={[c["title"], c["agency_name"]].filter(Boolean).join(" · ")} /></p>
          <p><Text of={[c["phone"], c["email"]].filter(Boolean).join(" · ")} />{c["all_hours"] ? <> <Pill>{t("my.allhours")}</Pill></> : null}</p>
          <p class="dim">{c["confirmed"] ? <>{t("my.confirmed")} <Ago at={c["confirmed"] as string} /></> : t("my.unconfirmed")}</p>
          <div class="mybuttons">
            <button type="button" class="big main" onClick={() => void doAct("contact.confirm", { contact: c["id"] }, { said: t("my.thanks") }).catch(complain)}>{t("my.right")}</button>
            <button type="button" class="big" onClick={() => actForm("contact.change", { contact: c["id"], name: c["name"], title: c["title"] ?? "", phone: c["phone"] ?? "", email: c["email"] ?? "",
              all_hours: c["all_hours"] === true }, { without: ["agency"] })}>{t("my.change")}</button></div>
        </article>))}
      {agency && <button type="button" class="big" onClick={() => actForm("contact.add", { agency })}>{t("my.add")}</button>}
    </Part>
  );
}

function Systems() {
  const told = useView<System>("system.list", { limit: 500 }, 10000), machines = useView<Row>("machine.list", { limit: 1000 }, 10000), rows = told.rows ?? [];
  return (
    <Part title={t("my.systems")}>
      <Problem of={told.error} again={told.again} />
      <Problem of={machines.error} again={machines.again} />
      {rows.length === 0 && <p class="empty">{t(told.busy ? "incidents.busy" : "my.nosystems")}</p>}
      {rows.map((s) => {
        const mine = (machines.rows ?? []).filter((m) => m["system"] === s.id);
        return (
          <article class="mycard" key={s.id}>
            <h3><Text of={s.name} /></h3>
            <p class="dim">{s.level ? t("my.level", { n: s.level }) : t("my.nolevel")} · {t(`incident.system.status.${s.status}`)}</p>
            {s.operator !== s.owner && <p>{t("incident.system.operator")}: <Text of={s.operator_name} /></p>}
            <p>{s.sources > 0 ? <Pill kind="good">{t("my.watched", { n: s.sources })}</Pill> : <Pill kind="warn">{t("my.unwatched")}</Pill>}</p>
            {mine.length > 0 && <details><summary>{t("my.machines", { n: mine.length })}</summary>
              <ul class="lines">{mine.map((m) => <li><b><Text of={m["name"]} /></b> <span class="dim">{t(`my.kind.${String(m["kind"])}`)} · <Text of={[...((m["addresses"] as string[] | null) ?? []), m["os"]].filter(Boolean).join(" · ")} /></span></li>)}</ul></details>}
          </article>
        );
      })}
    </Part>
  );
}

const order = (a: Phieu, b: Phieu): number => (a.due < b.due ? -1 : 1);

export function My() {
  const told = useView<Phieu>("phieu.list", { state: "any", limit: 500 }), rows = told.rows ?? [], open = Number(useParam("phieu"));
  const due = rows.filter(isOut).sort(order), rest = rows.filter((p) => !isOut(p)).sort((a, b) => b.id - a.id), [old, setOld] = useState(false);
  useKeys("page.my", [{ key: "o", label: "my.older", run: () => setOld(!old) }]);
  return (
    <div class="page my">
      <h1>{t("page.my")}</h1>
      <Part title={t("my.todo")} side={due.length > 0 && <Pill kind={due.some((p) => p.late) ? "bad" : "warn"}>{t("my.count", { n: due.length })}</Pill>}>
        <Problem of={told.error} again={told.again} />
        {due.length === 0 && !told.error && <p class="nothing">{t(told.busy && !told.rows ? "incidents.busy" : "my.nothing")}</p>}
        {due.map((p) => <Card of={p} open={p.id === open} key={p.id} />)}
        {rest.length > 0 && <button type="button" class="big" aria-expanded={old} onClick={() => setOld(!old)}>{t(old ? "my.hideold" : "my.showold", { n: rest.length })}</button>}
        {old && rest.map((p) => <Card of={p} open={p.id === open} key={p.id} />)}
      </Part>
      <People />
      <Systems />
    </div>
  );
}
