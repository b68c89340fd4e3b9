// Events with the proofs that they are what was stored, as one file: the server makes it, the browser saves it.
import { useState } from "preact/hooks";
import { Given } from "../lib/api";
import { saveAnswer } from "../lib/file";
import { t } from "../lib/i18n";
import { complain } from "./toast";

/** `of`: which, as GET /evidence takes it. */
export function TakeEvidence({ of }: { of: Given }) {
  const [busy, setBusy] = useState(false);
  const take = (): void => {
    setBusy(true);
    void saveAnswer("/evidence", of).catch(complain).finally(() => setBusy(false));
  };
  return <button type="button" disabled={busy} aria-busy={busy} onClick={take}>{t(busy ? "evidence.busy" : "evidence.take")}</button>;
}
