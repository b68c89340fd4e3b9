// Phiếu: warnings and requests to agencies, how far each is; and the register of letters.
import { t } from "../lib/i18n";
import { usePlace } from "../lib/router";
import { Letters } from "./phieu/letters";
import { PhieuList } from "./phieu/list";

export function PhieuPage() {
  const { path } = usePlace(), part = path.split("/")[2] ?? "";
  if (part === "") return <PhieuList />;
  if (part === "letters") return <Letters />;
  return <div class="page"><h1>{t("ui.nopage")}</h1><p><a href="/phieu">{t("page.phieu")}</a></p></div>;
}
