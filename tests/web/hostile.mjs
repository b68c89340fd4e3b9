// What attackers write into logs, seen on every page: text, and nothing else.
import { browser, end, given, holds, login, picture } from "./lib.mjs";

const { b, p, bad } = await browser();
await p.addInitScript(() => { window.ran = 0; });
await login(p, "truong");

async function see(path, settle = 700) {
  await p.goto(given.base + path);
  await p.waitForTimeout(settle);
}

// The whole queue, each alert opened.
await see("/alerts?state=all", 1500);
let seen = 0;
for (let i = 0; i < given.alerts; i++) {
  await p.keyboard.press(i === 0 ? "Enter" : "j");
  if (i % 25 === 0) await p.waitForTimeout(350);
  seen++;
}
holds("all alerts were opened", seen === given.alerts);
await p.waitForTimeout(1000);
await picture(p, "hostile-alerts");
// The menu on a hostile value, and what it leads to.
for (const path of ["/", "/search?q=canary", "/search?q=" + encodeURIComponent("canary | top 50 note"), "/entities", "/sources", "/rules", "/incidents", "/incidents/candidates",
  "/shift/handover", "/shift/calls", "/registers/machines", "/rules/matrix", "/admin/trail", "/admin/notices", "/audit", "/alerts?group=entity"]) await see(path, 900);
for (const host of given.hosts) {
  await see("/entity?kind=host&key=" + encodeURIComponent(host), 300);
  await see("/alerts?state=all&entity=" + encodeURIComponent(host), 250);
}
await see("/search?q=canary", 2500);
for (let i = 0; i < 40; i++) { await p.keyboard.press(i === 0 ? "Enter" : "j"); await p.waitForTimeout(40); }
await picture(p, "hostile-search");
holds("no script ran", (await p.evaluate(() => window.ran)) === 0);
holds("there is no element that a payload names", (await p.locator("img[src=x], #main svg[onload], iframe, object, embed, #main script, base, meta[http-equiv=refresh]").count()) === 0);
const marks = await p.evaluate(() => [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name))).length);
holds("no element has a handler in its markup", marks === 0, marks);
holds("nothing was refused, asked or said", bad.length === 0, bad.slice(0, 5));
const reports = await p.evaluate(() => fetch("/api/stat").then((r) => r.json()).then((s) => s.console?.csp_reports ?? s.csp_reports ?? null));
holds("no CSP report", reports === 0, reports);
await b.close();
end();
