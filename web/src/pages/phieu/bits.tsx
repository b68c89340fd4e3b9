// What several pages about phiếu show.
import { Phieu } from "../../lib/incident";
import { t } from "../../lib/i18n";
import { Pill } from "../../ui/bits";

export function PhieuState({ of }: { of: Phieu }) {
  const kind = of.late ? "bad" : of.state === "answered" || of.state === "returned" ? "warn" : of.state === "checked" || of.state === "closed" ? "good" : of.state === "draft" ? "" : "state-new";
  return <Pill kind={kind}>{t(`phieu.state.${of.state}`)}{of.late ? ` · ${t("phieu.late")}` : ""}</Pill>;
}
