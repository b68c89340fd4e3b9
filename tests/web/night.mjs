// An analyst's night, by the keyboard alone.
import { browser, end, given, holds, language, login, picture, untold } from "./lib.mjs";

const keys = async (p, ...all) => { for (const k of all) await p.keyboard.press(k); };
const main = (p) => p.evaluate(() => document.querySelector("#main").innerText);

async function night(lang) {
  const { b, p, bad } = await browser();
  await p.addInitScript(() => { window.moused = 0; addEventListener("mousemove", () => window.moused++, true); });
  await p.goto(given.base + "/");
  await language(p, lang);
  await login(p, given.analyst[lang]);

  // The queue: fifty alerts, each looked at and decided.
  await keys(p, "g", "a");
  await p.waitForSelector(".list .rows .row");
  await p.keyboard.press("Enter");
  await p.waitForSelector(".pane .because, .pane .empty");
  for (let i = 0; i < given.triage[lang]; i++) {
    const title = await p.evaluate(() => document.querySelector(".list .row.at .cell-entity")?.textContent);
    await p.keyboard.press(String(1 + (i % 5) + 1));
    await p.waitForSelector("dialog[open] #reason");
    await p.keyboard.type(`đã xem ${i}`);
    await p.keyboard.press("Enter");
    await p.waitForSelector("dialog[open]", { state: "detached" });
    await p.waitForFunction((t) => document.querySelector(".list .row.at .cell-entity")?.textContent !== t, title, { timeout: 5000 })
      .catch(() => holds(`${lang}: alert ${i} leaves the queue`, false, title));
  }
  holds(`${lang}: ${given.triage[lang]} are decided`, true);
  await p.waitForTimeout(1500);
  await picture(p, `night-triaged-${lang}`);

  // The last one back, three marked and taken at once.
  await keys(p, "u");
  await p.waitForFunction(() => document.querySelectorAll(".toast").length > 0);
  await keys(p, "x", "Shift+J", "Shift+J");
  holds(`${lang}: three are marked`, (await p.locator(".list .row.marked").count()) === 3, await p.locator(".list .row.marked").count());
  await keys(p, "a");
  await p.waitForFunction(() => document.querySelectorAll(".list .row.marked").length === 0);

  // One becomes an incident.
  await keys(p, "e");
  await p.waitForSelector("dialog[open] form");
  await p.waitForSelector("dialog[open] select[name=type] option:nth-child(3)", { state: "attached" });
  for (const [name, value] of [["type", given.type], ["severity", given.severity]]) {
    await p.focus(`dialog[open] select[name=${name}]`);
    await p.selectOption(`dialog[open] select[name=${name}]`, value);
  }
  await p.focus("dialog[open] button[type=submit]");
  await p.keyboard.press("Enter");
  await p.waitForSelector("dialog[open]", { state: "detached", timeout: 8000 }).catch(async () => holds(`${lang}: escalated`, false, await p.locator("dialog[open]").innerText()));
  await keys(p, "g", "i");
  await p.waitForFunction(() => location.pathname === "/incidents");
  await p.waitForTimeout(1200);
  await p.keyboard.press("Enter");
  await p.waitForFunction(() => /^\/incidents\/\d+/.test(location.pathname), undefined, { timeout: 5000 }).catch(() => holds(`${lang}: Enter opens the incident`, false));
  await p.waitForTimeout(1000);
  await picture(p, `night-incident-${lang}`);

  // A hunt for its word.
  await keys(p, "g", "s");
  await p.waitForFunction(() => location.pathname === "/search");
  await p.keyboard.press("/");
  await p.keyboard.type("canary");
  await p.keyboard.press("Enter");
  await p.waitForSelector("#main .list .rows .row", { timeout: 15000 }).catch(() => holds(`${lang}: the search finds`, false));
  await picture(p, `night-search-${lang}`);

  // And the watch passes on.
  await keys(p, "g", "t");
  await p.waitForFunction(() => location.pathname === "/shift");
  await p.keyboard.press("]");
  await p.waitForFunction(() => location.pathname === "/shift/handover");
  await p.waitForTimeout(800);
  await p.focus("#main .bar button.main");
  await p.keyboard.press("Enter");
  await p.waitForSelector("dialog[open] [name=to]");
  await p.waitForSelector("dialog[open] [name=to] option:nth-child(2)", { state: "attached" });
  await p.selectOption("dialog[open] [name=to]", "truong");
  await p.focus("dialog[open] textarea");
  await p.keyboard.type("bình thường");
  await p.keyboard.press("Control+Enter");
  await p.waitForSelector("dialog[open]", { state: "detached", timeout: 8000 }).catch(async () => holds(`${lang}: handed over`, false, await p.locator("dialog[open]").innerText()));
  await p.waitForTimeout(1500);
  holds(`${lang}: the handover stands`, (await main(p)).includes("truong"));
  await picture(p, `night-handover-${lang}`);

  holds(`${lang}: the mouse rested`, (await p.evaluate(() => window.moused)) === 0);
  holds(`${lang}: every text has both languages`, (await untold(p)) === "", await untold(p));
  holds(`${lang}: no error`, bad.length === 0, bad);
  await b.close();
}

for (const lang of ["vi", "en"]) await night(lang);
end();
