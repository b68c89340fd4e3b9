// Every page as every role sees it, in both languages, light and dark, wide and narrow.
import { browser, end, given, holds, language, login, looked, picture, untold } from "./lib.mjs";

const pages = {
  watch: "/", alerts: "/alerts", alert: "/alerts?alert=" + given.alert, grouped: "/alerts?group=rule", incidents: "/incidents", board: "/incidents?view=board",
  incident: "/incidents/" + given.incident, forms: "/incidents/" + given.incident + "?part=forms", proof: "/incidents/" + given.incident + "?part=evidence", candidates: "/incidents/candidates", search: "/search?q=canary", entities: "/entities", entity: "/entity?kind=host&key=srv-01", rules: "/rules", matrix: "/rules/matrix",
  sources: "/sources", phieu: "/phieu", registers: "/registers?agency=1", systems: "/registers/systems?system=1", machines: "/registers/machines?machine=1", contacts: "/registers/contacts?contact=1", shift: "/shift", handover: "/shift/handover", calls: "/shift/calls", away: "/shift/away", people: "/shift/people", audit: "/audit", removed: "/audit/removed", verify: "/audit/verify",
  admin: "/admin", access: "/admin/access", trail: "/admin/trail", notices: "/admin/notices", house: "/admin/house", server: "/admin/server", me: "/me",
};
// Those that are looked at on a phone in the short form, too.
const fingers = ["watch", "alerts", "alert", "incidents", "incident", "forms", "search", "rules", "sources", "phieu", "systems", "shift", "audit"];
const ways = [
  { name: "vi-light", lang: "vi", theme: "light", viewport: { width: 1280, height: 800 } },
  { name: "en-dark", lang: "en", theme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "en-dark-phone", lang: "en", theme: "dark", viewport: { width: 375, height: 740 } },
  { name: "vi-phone", lang: "vi", theme: "dark", viewport: { width: 375, height: 740 } },
  { name: "en-light-phone", lang: "en", theme: "light", viewport: { width: 375, height: 740 } },
].filter((way) => process.env.CANH_LONG || way.name === "vi-light" || way.name === "en-dark-phone");

async function look(p, way, name, path) {
  await p.goto(given.base + path);
  await p.locator("#main h1, #main h2").filter({ visible: true }).first().waitFor({ timeout: 15000 }).catch(() => holds(`${name} ${way.name} is drawn`, false));
  await p.waitForTimeout(350);
  await picture(p, `${name}-${way.name}`);
  holds(`${name} ${way.name}: every text has both languages`, (await untold(p)) === "", await untold(p));
  holds(`${name} ${way.name}: there is such a page`, !(await p.evaluate(() => document.body.innerText)).includes("Không có trang này"));
  const wide = await p.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  holds(`${name} ${way.name}: nothing stands out to the right`, wide <= 0, wide);
  const found = await looked(p);
  holds(`${name} ${way.name}: axe`, found.length === 0, found);
}

for (const way of ways) {
  const { b, p, bad } = await browser({ viewport: way.viewport });
  await p.goto(given.base + "/");
  await language(p, way.lang);
  await p.evaluate((x) => localStorage.setItem("canh.theme", JSON.stringify(x)), way.theme);
  await p.goto(given.base + "/");
  await p.waitForSelector("#name");
  await picture(p, `login-${way.name}`);
  holds(`login ${way.name}: axe`, (await looked(p)).length === 0, await looked(p));
  await login(p, "quan");
  for (const [name, path] of Object.entries(pages)) {
    if (process.env.CANH_LONG || way.viewport.width > 400 || fingers.includes(name)) await look(p, way, name, path);
  }
  await p.goto(given.base + "/alerts");
  await p.waitForSelector(".list .rows .row");
  await p.keyboard.press("?");
  await p.waitForSelector("dialog[open]");
  await picture(p, `keys-${way.name}`);
  holds(`keys ${way.name}: axe`, (await looked(p)).length === 0, await looked(p));
  holds(`${way.name}: no error, nothing asked of others`, bad.length === 0, bad);
  await b.close();
}

// A contact sees his own agency, and no page of the watch.
{
  const { b, p, bad } = await browser({ viewport: { width: 375, height: 740 } });
  await login(p, "dau-moi");
  await p.goto(given.base + "/my");
  await p.waitForTimeout(800);
  await picture(p, "my-vi-phone");
  holds("my: axe", (await looked(p)).length === 0, await looked(p));
  holds("my: texts", (await untold(p)) === "", await untold(p));
  holds("a contact has no queue", (await p.locator("#nav a[href='/alerts']").count()) === 0);
  holds("my: no error", bad.length === 0, bad);
  await b.close();
}
// A sheet is saved as a document, and what was found as evidence, under the names that the server gives them.
{
  const { b, p, bad } = await browser({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  await login(p, "quan");
  const saved = async (button, name) => {
    const [file] = await Promise.all([p.waitForEvent("download", { timeout: 60000 }).catch(() => null), button.click()]);
    const got = file?.suggestedFilename() ?? (await p.locator(".toasts").innerText());
    holds(`saved: ${name}`, name.test(got), got);
  };
  await p.goto(given.base + "/incidents/" + given.incident + "?part=forms");
  for (const kind of ["PDF", "DOCX"]) await saved(p.getByRole("button", { name: kind, exact: true }), new RegExp(`^Báo cáo ban đầu sự cố ${given.incident}\\.${kind.toLowerCase()}$`));
  await p.goto(given.base + "/shift");
  await saved(p.getByRole("button", { name: "PDF", exact: true }), /^Lịch trực \d{4}-\d\d\.pdf$/);
  await p.goto(given.base + "/search?q=canary");
  await p.waitForSelector(".list .rows .row");
  await p.getByRole("button", { name: /^Xuất/ }).click();
  await p.waitForSelector("dialog[open]");
  await picture(p, "take-vi-light");
  holds("taking away: axe", (await looked(p)).length === 0, await looked(p));
  await saved(p.locator("dialog[open]").getByRole("button", { name: "Tải gói chứng cứ" }), /^canh-evidence-\d{8}T\d{6}Z\.tar$/);
  holds("saving: no error, nothing asked of others", bad.length === 0, bad);
  await b.close();
}
// A token of one's own is shown, once: nobody else knows it.
{
  const { b, p, bad } = await browser({ viewport: { width: 1280, height: 800 } });
  await login(p, "quan");
  await p.goto(given.base + "/me");
  await p.getByRole("button", { name: "Tạo khóa API", exact: true }).click();
  await p.locator("dialog[open] input").first().fill("khoa-thu");
  await p.locator("dialog[open] input[type='checkbox']").last().check();
  await p.locator("dialog[open] input[type='datetime-local']").fill(new Date(Date.now() + 86400000 * 30).toISOString().slice(0, 16));
  await p.locator("dialog[open] button[type='submit']").click();
  const secret = await p.locator("dialog[open] code.secret").innerText({ timeout: 15000 }).catch(() => "");
  holds("the token is shown", secret.length > 20, secret.length);
  holds("token: no error", bad.length === 0, bad);
  await b.close();
}
end();
