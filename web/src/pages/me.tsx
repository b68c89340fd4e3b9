// Oneself: password, second factor, sessions, tokens.
import { useState } from "preact/hooks";
import { act, Refused, Row } from "../lib/api";
import { t } from "../lib/i18n";
import { changePassword, find, me } from "../lib/session";
import { useStore } from "../lib/store";
import { useView } from "../lib/use";
import { actForm, doAct } from "../ui/act";
import { Ago, Facts, Part, Problem } from "../ui/bits";
import { newToken } from "../ui/once";
import { Table } from "../ui/table";
import { Text } from "../ui/text";
import { complain, say } from "../ui/toast";

function Password() {
  const [old, setOld] = useState(""), [next, setNext] = useState("");
  const send = (e: Event): void => {
    e.preventDefault();
    changePassword(old, next).then(() => { say(t("me.password.done")); setOld(""); setNext(""); }, complain);
  };
  return (
    <form class="inline" onSubmit={send}>
      <div class="field"><label for="old">{t("login.old")}</label>
        <input id="old" type="password" autocomplete="current-password" required value={old} onInput={(e) => setOld(e.currentTarget.value)} /></div>
      <div class="field"><label for="new">{t("login.new")}</label>
        <input id="new" type="password" autocomplete="new-password" required minLength={8} value={next} onInput={(e) => setNext(e.currentTarget.value)} /></div>
      <button type="submit">{t("login.changes")}</button>
    </form>
  );
}

interface Begun extends Row {
  uri?: string;
  svg?: string;
  secret?: string;
}

function Second() {
  const [begun, setBegun] = useState<Begun | null>(null), [code, setCode] = useState(""), [left, setLeft] = useState<string[]>([]);
  const [error, setError] = useState<Refused>();
  const begin = (): void => { act("totp.begin").then((r) => setBegun(r as Begun), complain); };
  const confirm = (e: Event): void => {
    e.preventDefault();
    act("totp.confirm", { code: code.replace(/\s/g, "") }).then((r) => {
      setLeft((r["recovery"] as string[] | undefined) ?? []);
      setBegun(null);
      void find();
    }, (x: unknown) => setError(x as Refused));
  };
  if (left.length > 0) {
    return <div><p>{t("me.recovery")}</p><ul class="codes">{left.map((c) => <li><code>{c}</code></li>)}</ul>
      <button type="button" onClick={() => setLeft([])}>{t("me.kept")}</button></div>;
  }
  if (!begun) return <button type="button" onClick={begin}>{t("me.totp.begin")}</button>;
  return (
    <form class="inline" onSubmit={confirm}>
      {begun.svg && <img class="qr" alt={t("me.totp.qr")} src={"data:image/svg+xml;utf8," + encodeURIComponent(begun.svg)} />}
      <p><code>{begun.secret ?? begun.uri}</code></p>
      <div class="field"><label for="totp">{t("login.code")}</label>
        <input id="totp" inputMode="numeric" autocomplete="one-time-code" required value={code} onInput={(e) => setCode(e.currentTarget.value)} /></div>
      <Problem of={error} />
      <button type="submit" class="main">{t("me.totp.confirm")}</button>
    </form>
  );
}

export function Me() {
  const m = useStore(me), sessions = useView("session.mine"), tokens = useView("token.mine");
  if (!m) return null;
  return (
    <div class="page">
      <h1><Text of={m.display || m.name} /></h1>
      <Facts rows={[[t("login.name"), <Text of={m.name} />], [t("me.roles"), m.roles.map((r) => t(`role.${r}`)).join(", ")]]} />
      <Part title={t("me.password")}><Password /></Part>
      <Part title={t("me.totp")}><Second /></Part>
      <Part title={t("me.sessions")} side={<button type="button" onClick={() => void doAct("session.end_all", {}).catch(complain)}>{t("me.endall")}</button>}>
        <Problem of={sessions.error} />
        <Table label={t("me.sessions")} rows={sessions.rows ?? []} empty={t("ui.nothing")} cols={[
          { title: "me.since", cell: (r) => <Ago at={r["made"] as string} /> },
          { title: "me.address", cell: (r) => <Text of={r["address"]} /> },
          { title: "me.agent", cell: (r) => <Text of={r["agent"]} /> }]} />
      </Part>
      <Part title={t("me.tokens")} side={<button type="button" onClick={newToken}>{t("act.token.add")}</button>}>
        <Table label={t("me.tokens")} rows={tokens.rows ?? []} empty={t("ui.nothing")} cols={[
          { title: "me.name", cell: (r) => <Text of={r["name"]} /> },
          { title: "me.expires", cell: (r) => <Ago at={r["expires"] as string} /> },
          { title: "ui.acts", cell: (r) => <button type="button" onClick={() => actForm("token.end", { token: r["id"] })}>{t("act.token.end")}</button> }]} />
      </Part>
    </div>
  );
}
