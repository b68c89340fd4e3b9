// A sheet as a document in the official layout: the server makes it, the browser saves it.
import { useState } from "preact/hooks";
import { Given } from "../lib/api";
import { saveAnswer } from "../lib/file";
import { t } from "../lib/i18n";
import { complain } from "./toast";

const kinds = ["pdf", "docx"] as const;

/** Two buttons. `form` is the name of the sheet, `of` what it is made of. */
export function Papers({ form, of, plain = false }: { form: string; of: Given; plain?: boolean }) {
  const [busy, setBusy] = useState<string>();
  const take = (as: string): void => {
    setBusy(as);
    void saveAnswer(`/form/${form}`, { ...of, as }).catch(complain).finally(() => setBusy(undefined));
  };
  return (
    <span class="papers noprint">{kinds.map((as) => (
      <button type="button" class={plain ? "plain" : ""} disabled={busy !== undefined} aria-busy={busy === as} title={t("sheet.save", { kind: as.toUpperCase() })}
        onClick={(e) => { e.stopPropagation(); take(as); }}>{as.toUpperCase()}</button>))}</span>
  );
}
