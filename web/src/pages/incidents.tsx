// Incidents: those that are there, what may become one, and one of them.
import { t } from "../lib/i18n";
import { usePlace } from "../lib/router";
import { Candidates } from "./incidents/candidates";
import { IncidentList } from "./incidents/list";
import { One } from "./incidents/one";

export function Incidents() {
  const { path } = usePlace(), [, , part = "", which = ""] = path.split("/");
  if (part === "") return <IncidentList />;
  if (part === "candidates") return <Candidates />;
  if (part === "candidate" && /^\d+$/.test(which)) return <Candidates only={Number(which)} key={which} />;
  if (/^\d+$/.test(part)) return <One id={Number(part)} key={part} />;
  return <div class="page"><h1>{t("ui.nopage")}</h1><p><a href="/incidents">{t("page.incidents")}</a></p></div>;
}
