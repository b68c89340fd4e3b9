// Who may what, what was done, how notices go out, and whether the store is what it was.
import { useState } from "preact/hooks";
import { post, remove, Row } from "../lib/api";
import { number, t } from "../lib/i18n";
import { turn, usePlace } from "../lib/router";
import { is } from "../lib/session";
import { full } from "../lib/time";
import { useAsk, useView } from "../lib/use";
import { object } from "../lib/api";
import { actForm } from "../ui/act";
import { Ago, Facts, Part, Pill, Problem, When } from "../ui/bits";
import { Col, Table } from "../ui/table";
import { Tab, Tabs } from "../ui/tabs";
import { newToken, shownOnce } from "../ui/once";
import { Said } from "../ui/said";
import { Text } from "../ui/text";
import { complain, say } from "../ui/toast";
import { Notices } from "./admin/notices";

const admin = (): boolean => is("administrator");
const text = (title: string, name: string): Col<Row> => ({ title, cell: (r) => <Text of={r[name] ?? ""} /> });

function Users() {
  const users = useView("user.list", { limit: 1000 }, 5000);
  return (
    <Part title={t("admin.users")} side={admin() && <button type="button" class="main" onClick={() => actForm("user.add", {}, shownOnce)}>{t("act.user.add")}</button>}>
      <Problem of={users.error} again={users.again} />
      <Table label={t("admin.users")} rows={users.rows ?? []} empty={t("ui.nothing")} kind={(r) => (r["state"] === "disabled" ? "warn" : "")} cols={[
        text("field.user", "name"), text("field.display", "display"),
        { title: "field.roles", cell: (r) => ((r["roles"] as string[] | null) ?? []).map((x) => <Pill>{t(`role.${x}`)}</Pill>) },
        { title: "admin.second", cell: (r) => (r["second"] ? <Pill kind="good">{t("admin.yes")}</Pill> : <Pill kind="warn">{t("admin.no")}</Pill>) },
        { title: "admin.seen", cell: (r) => <Ago at={r["seen"] as string} /> },
        { title: "admin.state", cell: (r) => t(`admin.user.${String(r["state"])}`) },
        { title: "ui.acts", cell: (r) => admin() && <span class="rowacts">
          <button type="button" class="plain" onClick={() => actForm("user.change", { user: r["name"], display: r["display"], roles: r["roles"] })}>{t("admin.change")}</button>
          <button type="button" class="plain" onClick={() => actForm("user.reset", { user: r["name"] }, shownOnce)}>{t("act.user.reset")}</button>
          {r["second"] ? <button type="button" class="plain" onClick={() => actForm("totp.remove", { user: r["name"] })}>{t("act.totp.remove")}</button> : null}
          <button type="button" class="plain" onClick={() => actForm(r["state"] === "disabled" ? "user.enable" : "user.disable", { user: r["name"] })}>
            {t(r["state"] === "disabled" ? "act.user.enable" : "act.user.disable")}</button></span> }]} />
    </Part>
  );
}

function Access() {
  const tokens = useView("token.list", {}, 5000), sessions = useView("session.list", {}, 5000), links = useView("user.links", {}, 30000);
  return (
    <>
      <Part title={t("admin.tokens")} side={admin() && <button type="button" onClick={newToken}>{t("act.token.add")}</button>}>
        <Problem of={tokens.error} />
        <Table label={t("admin.tokens")} rows={tokens.rows ?? []} empty={t("ui.nothing")} cols={[text("field.name", "name"), text("field.user", "user"), text("field.service", "service"),
          { title: "field.expires", cell: (r) => <When at={r["expires"] as string} /> }, { title: "admin.used", cell: (r) => <Ago at={r["used"] as string} /> },
          { title: "ui.acts", cell: (r) => admin() && <button type="button" class="plain" onClick={() => actForm("token.end", { token: r["id"] })}>{t("act.token.end")}</button> }]} />
      </Part>
      <Part title={t("admin.sessions")}>
        <Problem of={sessions.error} />
        <Table label={t("admin.sessions")} rows={sessions.rows ?? []} empty={t("ui.nothing")} cols={[text("field.user", "user"), text("me.address", "address"), text("me.agent", "agent"),
          { title: "me.since", cell: (r) => <When at={r["made"] as string} /> }, { title: "admin.seen", cell: (r) => <Ago at={r["seen"] as string} /> },
          { title: "ui.acts", cell: (r) => admin() && <button type="button" class="plain" onClick={() => actForm("session.end", { session: r["id"] })}>{t("act.session.end")}</button> }]} />
      </Part>
      <Part title={t("admin.links")} side={admin() && <button type="button" onClick={() => actForm("user.link")}>{t("act.user.link")}</button>}>
        <Problem of={links.error} />
        <Table label={t("admin.links")} rows={links.rows ?? []} empty={t("ui.nothing")} cols={[text("field.user", "user"), text("admin.issuer", "issuer"), text("admin.subject", "subject")]} />
      </Part>
    </>
  );
}

export function Trail() {
  const { query } = usePlace(), given = Object.fromEntries(["name", "did", "outcome", "since"].map((n) => [n, query.get(n) ?? ""]));
  const acts = useView("act.list", { ...given, limit: 300 }, 5000);
  return (
    <Part title={t("admin.trail")}>
      <form class="inline" role="search" onSubmit={(e) => e.preventDefault()}>
        {["name", "did"].map((n) => <div class="field"><label for={`t-${n}`}>{t(`admin.by.${n}`)}</label>
          <input id={`t-${n}`} value={given[n]} onChange={(e) => turn({ [n]: e.currentTarget.value.trim() })} /></div>)}
        <div class="field"><label for="t-o">{t("admin.by.outcome")}</label>
          <select id="t-o" value={given["outcome"]} onChange={(e) => turn({ outcome: e.currentTarget.value })}>
            <option value="">{t("admin.any")}</option>{["done", "denied"].map((o) => <option value={o}>{t(`admin.outcome.${o}`)}</option>)}</select></div>
      </form>
      <Problem of={acts.error} again={acts.again} />
      <Table label={t("admin.trail")} rows={acts.rows ?? []} empty={t("ui.nothing")} kind={(r) => (r["outcome"] === "denied" ? "warn" : "")} cols={[
        { title: "shift.time", cell: (r) => full(r["time"] as string) }, text("admin.who", "name"), text("me.address", "address"),
        { title: "admin.did", cell: (r) => t(`did.${String(r["did"])}`) }, { title: "admin.with", cell: (r) => <code><Text of={r["parameters"]} /></code> },
        { title: "admin.by.outcome", cell: (r) => t(`admin.outcome.${String(r["outcome"])}`) }]} />
    </Part>
  );
}

interface Verification extends Row {
  verification: number;
  state: string;
  /** these five: not before it has begun */
  faults?: number;
  files?: number;
  files_all?: number;
  bytes?: number;
  bytes_all?: number;
  asked: string;
  over?: string | null;
  anchor?: string | null;
  told?: { fault: string; where: string; what?: string }[];
  found?: Record<string, number>;
}

export function Verify() {
  const last = useView<Verification>("verify.last", {}, 1000), before = useView<Verification>("verify.list", {}, 5000), v = last.rows?.[0];
  const may = is("auditor", "administrator"), running = v && !v.over;
  const run = (ask: Promise<unknown>, said: string): void => { ask.then(() => { say(t(said)); last.again(); }, complain); };
  return (
    <>
      <Part title={t("admin.verify")} side={may && (running ?
        <button type="button" onClick={() => run(remove("/verify"), "act.verify.end.done")}>{t("act.verify.end")}</button> :
        <button type="button" class="main" onClick={() => run(post("/verify"), "act.verify.begin.done")}>{t("act.verify.begin")}</button>)}>
        <p class="dim">{t("admin.verify.what")}</p>
        <Problem of={last.error} />
        {v && <>
          {running && <progress max={Math.max(1, v.bytes_all ?? 0)} value={v.bytes ?? 0} aria-label={t("admin.verify")} />}
          <Facts rows={[
            [t("admin.state"), <Pill kind={v.state === "sound" ? "good" : v.state === "faults" ? "bad" : ""}>{t(`admin.verify.${v.state}`)}</Pill>],
            [t("admin.asked"), full(v.asked)], [t("admin.files"), `${number(v.files ?? 0)} / ${number(v.files_all ?? 0)}`],
            [t("admin.bytes"), `${number((v.bytes ?? 0) / 1048576, 1)} / ${number((v.bytes_all ?? 0) / 1048576, 1)} MB`], [t("admin.faults"), number(v.faults ?? 0)],
            [t("admin.anchor"), v.anchor && <code class="anchor"><Text of={v.anchor} /></code>]]} />
          {(v.told ?? []).length > 0 && <Table label={t("admin.faults")} rows={v.told ?? []} empty="" kind={() => "bad"} cols={[
            { title: "admin.fault", cell: (r) => <><code><Text of={r.fault} /></code></> }, { title: "admin.where", cell: (r) => <Said of={r.where} mixed /> },
            { title: "admin.fault.what", cell: (r) => <Said of={r.what ?? ""} /> }]} />}</>}
      </Part>
      <Part title={t("admin.verified")}>
        <Table label={t("admin.verified")} rows={before.rows ?? []} empty={t("ui.nothing")} kind={(r) => (r.state === "faults" ? "bad" : "")} cols={[
          { title: "admin.asked", cell: (r) => full(r.asked) }, { title: "admin.state", cell: (r) => t(`admin.verify.${r.state}`) },
          { title: "admin.faults", end: true, cell: (r) => number(r.faults ?? 0) }, { title: "admin.anchor", cell: (r) => <code class="anchor"><Text of={r.anchor ?? ""} /></code> }]} />
      </Part>
    </>
  );
}

function House() {
  const house = useView("house.show", {}, 5000), row = house.rows?.[0] ?? {}, [names] = useState(["parent", "name", "code", "symbol", "unit", "place", "address", "phone", "email",
    "duty_phone", "duty_room", "signer", "signer_title", "signs_for", "recipients", "reports_to", "bases"]);
  return (
    <Part title={t("admin.house")} side={admin() && <button type="button" onClick={() => actForm("house.set", { ...row })}>{t("act.house.set")}</button>}>
      <Problem of={house.error} />
      <Facts rows={names.map((n) => [t(`field.${n}`), <Text of={row[n] ?? ""} />])} />
    </Part>
  );
}

function Machine() {
  const stat = useAsk((s) => object<Row>("/stat", {}, s), []), all = stat.rows, collectors = (all?.["collectors"] as Row[] | undefined) ?? [];
  return (
    <>
      <Part title={t("admin.server")} side={<button type="button" onClick={stat.again}>{t("admin.again")}</button>}>
        <Problem of={stat.error} />
        <Facts rows={[[t("admin.version"), <Text of={all?.["version"] ?? ""} />], [t("admin.rules"), number(Number((all?.["rules"] as Row | undefined)?.["rules"] ?? 0))],
          [t("admin.behind"), number(Number((all?.["desk"] as Row | null | undefined)?.["behind_events"] ?? 0))]]} />
        <Table label={t("admin.server")} rows={collectors} empty={t("ui.nothing")} cols={[text("admin.lane", "lane"), text("admin.state", "state"), text("admin.balance", "balance"),
          { title: "admin.beat", end: true, cell: (r) => `${number(Number(r["beat_age_ms"]))} ms` }]} />
      </Part>
      <p class="dim">{t("admin.settings")} <code>canh serve --help</code>, <code>canh doctor</code></p>
    </>
  );
}

const tabs: readonly Tab[] = [
  { path: "", title: "admin.users", view: Users },
  { path: "access", title: "admin.access", view: Access, roles: ["administrator", "auditor"] },
  { path: "trail", title: "admin.trail", view: Trail, roles: ["lead", "officer", "auditor", "administrator"] },
  { path: "notices", title: "admin.notices", view: Notices },
  { path: "house", title: "admin.house", view: House },
  { path: "verify", title: "admin.verify", view: Verify },
  { path: "server", title: "admin.server", view: Machine },
];

export function Admin() {
  return <Tabs base="/admin" title="page.admin" tabs={tabs} />;
}
