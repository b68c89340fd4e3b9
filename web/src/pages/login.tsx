// Logging in; and choosing a password where the first one was given.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Refused } from "../lib/api";
import { setLang, t, useLang } from "../lib/i18n";
import { changePassword, login } from "../lib/session";
import { Switch } from "../ui/bits";
import { Said } from "../ui/said";

function why(e: unknown): ComponentChildren {
  const r = e instanceof Refused ? e : new Refused(0, String(e));
  if (r.status === 429) return t("login.wait", { n: r.wait });
  if (r.status === 401) return t("login.wrong");
  if (r.status === 0) return t("ui.problem.net");
  return <Said of={r.message} />;
}

export function Login({ change }: { change: boolean }) {
  const [name, setName] = useState(""), [password, setPassword] = useState(""), [code, setCode] = useState("");
  const [next, setNext] = useState(""), [again, setAgain] = useState("");
  const [error, setError] = useState<ComponentChildren>(""), [busy, setBusy] = useState(false), l = useLang();
  const send = (e: Event): void => {
    e.preventDefault();
    if (change && next !== again) { setError(t("login.differ")); return; }
    setBusy(true);
    setError("");
    (change ? changePassword(password, next) : login(name.trim(), password, code.replace(/\s/g, "")))
      .catch((x: unknown) => setError(why(x))).finally(() => setBusy(false));
  };
  const box = (id: string, label: string, value: string, set: (v: string) => void, more: object) => (
    <div class="field"><label for={id}>{label}</label>
      <input id={id} value={value} onInput={(e) => set(e.currentTarget.value)} {...more} /></div>
  );
  return (
    <main class="login">
      <form onSubmit={send}>
        <h1>Canh</h1>
        <p class="dim">{t(change ? "login.change" : "login.what")}</p>
        {!change && box("name", t("login.name"), name, setName, { autocomplete: "username", required: true, autofocus: true, spellcheck: false, autocapitalize: "none" })}
        {box("password", t(change ? "login.old" : "login.password"), password, setPassword, { type: "password", autocomplete: "current-password", required: true })}
        {!change && box("code", t("login.code"), code, setCode, { inputMode: "numeric", autocomplete: "one-time-code" })}
        {change && box("next", t("login.new"), next, setNext, { type: "password", autocomplete: "new-password", required: true, minLength: 8 })}
        {change && box("again", t("login.again"), again, setAgain, { type: "password", autocomplete: "new-password", required: true })}
        {error && <p class="problem" role="alert">{error}</p>}
        <button type="submit" class="main" disabled={busy}>{t(change ? "login.changes" : "login.go")}</button>
        <Switch label={t("frame.lang")} value={l} set={setLang} of={[["vi", "Tiếng Việt"], ["en", "English"]]} />
      </form>
    </main>
  );
}
