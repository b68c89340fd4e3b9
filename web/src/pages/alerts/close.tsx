// Deciding alerts: what they are, whose doing it is, why. Reasons that were given before are at hand.
import { useState } from "preact/hooks";
import { Alert, verdicts } from "../../lib/alert";
import { t } from "../../lib/i18n";
import { keptStore, useStore } from "../../lib/store";
import { actForm } from "../../ui/act";
import { close, Dialog, open } from "../../ui/dialog";
import { Title } from "../../ui/title";

export interface How {
  verdict: string;
  reason: string;
  cause?: string;
}

const reasons = keptStore<string[]>("alerts.reasons", [], (v): v is string[] => Array.isArray(v) && v.every((x) => typeof x === "string"));
const causes = ["rule", "announced", "indicator", "source", "attempt", "incident"] as const;

export function closeForm(alerts: readonly Alert[], verdict: string | undefined, done: (how: How) => void): void {
  open(() => <Close alerts={alerts} verdict={verdict} done={done} />);
}

function Close({ alerts, verdict, done }: { alerts: readonly Alert[]; verdict: string | undefined; done: (how: How) => void }) {
  const [chosen, choose] = useState(verdict ?? ""), [reason, setReason] = useState(""), [cause, setCause] = useState("");
  const before = useStore(reasons), first = alerts[0] as Alert;
  const send = (e: Event): void => {
    e.preventDefault();
    const text = reason.trim();
    if (!chosen || !text) return;
    reasons.set([text, ...before.filter((x) => x !== text)].slice(0, 12));
    close();
    done({ verdict: chosen, reason: text, ...(cause ? { cause } : {}) });
  };
  return (
    <Dialog title={t("alerts.close", { n: alerts.length })}>
      <form class="actform" onSubmit={send} data-act="alert.close">
        <p><Title of={first.title} />{alerts.length > 1 && ` ${t("alerts.andmore", { n: alerts.length - 1 })}`}</p>
        <fieldset class="checks"><legend>{t("alert.verdict")}</legend>
          {verdicts.map((v, i) => <label><input type="radio" name="verdict" value={v} required checked={chosen === v}
            autofocus={!verdict && i === 0} onChange={() => choose(v)} /> {t(`verdict.${v}`)}</label>)}</fieldset>
        <div class="field"><label for="reason">{t("alert.reason")}<span aria-hidden="true" class="must"> *</span></label>
          <input id="reason" list="reasons" required maxLength={4000} autocomplete="off" autofocus={!!verdict} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
          <datalist id="reasons">{before.map((x) => <option value={x} />)}</datalist></div>
        <div class="field"><label for="cause">{t("alert.cause")}</label>
          <select id="cause" value={cause} onChange={(e) => setCause(e.currentTarget.value)}>
            <option value="">{t("ui.none")}</option>{causes.map((c) => <option value={c}>{t(`cause.${c}`)}</option>)}</select></div>
        <footer>
          {first.rule && <button type="button" class="plain" onClick={() => actForm("suppression.add", { rule: first.rule, entity: first.entity })}>{t("alerts.alsohide")}</button>}
          <button type="button" onClick={close}>{t("ui.cancel")}</button>
          <button type="submit" class="main">{t("act.alert.close")}</button>
        </footer>
      </form>
    </Dialog>
  );
}
