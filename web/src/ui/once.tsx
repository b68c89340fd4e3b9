// Secrets that are shown once: the server keeps only what checks them.
import { Row } from "../lib/api";
import { t } from "../lib/i18n";
import { actForm } from "./act";
import { Dialog, open } from "./dialog";
import { Text } from "./text";

function show(title: string, secret: unknown): void {
  if (secret) setTimeout(() => open(() => <Dialog title={t(title)}><div class="actform"><p>{t("admin.once")}</p><p><code class="secret"><Text of={secret} /></code></p></div></Dialog>), 0);
}

/** For actForm(): the password, or the token, that the act made. */
export const shownOnce = { done: (r: Row): void => { show("admin.password", r["password"]); show("admin.token", r["secret"]); } };

export const newToken = (): void => actForm("token.add", {}, shownOnce);
