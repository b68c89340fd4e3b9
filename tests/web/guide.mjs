// The pictures of docs/guide, out of the sample province: a row each. `make guide` makes them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, end, given, holds, login, pictures } from "./lib.mjs";
import { fewColours } from "./png.mjs";

const wide = { width: 1280, height: 800 }, phone = { width: 375, height: 740 };

/** name: who looks, where, and what he does there before the picture is taken. */
const rows = {
  second: ["truc", "/me", async (p) => {
    await p.locator("#main button", { hasText: "Đăng ký ứng dụng xác thực" }).click();
    await p.waitForSelector("img.qr");
  }],
  watch: ["truc", "/", async (p) => {
    await p.waitForSelector("#main .ledger");
    await p.waitForTimeout(30000); // the line of events a second begins when it is looked at
  }],
  alert: ["truc", "/alerts?entity=binh-web", async (p) => {
    await p.waitForSelector(".list .rows .row");
    await p.keyboard.press("Enter");
    await p.waitForSelector(".pane .because");
  }],
  candidate: ["truc", "/incidents/candidates?state=escalated", async (p) => {
    await p.waitForSelector(".list .rows .row");
    await p.keyboard.press("Enter");
    await p.waitForSelector(".pane h2");
  }],
  incident: ["truc", "/incidents/" + given.incident, async (p) => p.waitForSelector("#main .clocks li")],
  form: ["canbo", `/incidents/${given.incident}?part=forms&form=mau-03`, async (p) => {
    await p.waitForSelector("#main .paper");
    await p.locator("#main .paper").evaluate((e) => { const main = document.querySelector("#main"); main.scrollTop += e.getBoundingClientRect().top - main.getBoundingClientRect().top - 100; });
  }],
  phieu: ["canbo", "/phieu", async (p) => {
    await p.waitForSelector(".list .rows .row");
    await p.keyboard.press("Enter");
    await p.waitForSelector(".pane h2");
  }],
  registers: ["canbo", "/registers/systems?text=WEB-BINH", async (p) => {
    await p.waitForSelector(".list .rows .row");
    await p.keyboard.press("Enter");
    await p.waitForSelector(".pane .facts");
  }],
  search: ["truc", "/search?q=" + encodeURIComponent("203.0.113.77") + "&from=1h", async (p) => p.waitForSelector("#main .list .rows .row")],
  shift: ["truc", "/shift", async (p) => p.waitForSelector("#main .week")],
  handover: ["truc", "/shift/handover", async (p) => p.waitForSelector("#main .parts")],
  sources: ["canbo", "/sources", async (p) => p.waitForSelector("#main .cards")],
  my: ["binh", "/my", async (p) => {
    await p.locator("#main .mycard button", { hasText: "Xem chi tiết" }).first().click();
    await p.waitForSelector("#main .mycard h4");
  }, phone],
  users: ["quantri", "/admin", async (p) => p.waitForSelector("#main table")],
  verify: ["quantri", "/audit/verify", async (p) => {
    await p.locator("#main button.main").click();
    await p.waitForSelector("#main .pill.good", { timeout: 60000 });
  }],
};

if (given.only) {
  holds("what is made is what the guides name", JSON.stringify(Object.keys(rows).sort()) === JSON.stringify(given.only), given.only);
  end();
}
mkdirSync(pictures, { recursive: true });
let open = { as: "" };
for (const [name, [as, path, ready, viewport = wide]] of Object.entries(rows).sort((x, y) => (x[1][0] < y[1][0] ? -1 : 1))) {
  if (open.as !== as) {
    await open.b?.close();
    open = { as, ...await browser({ locale: "vi" }) };
    await login(open.p, as);
  }
  const { p } = open;
  await p.setViewportSize(viewport);
  await p.goto(given.base + path);
  await ready(p).catch((e) => holds(`${name} is there`, false, e.message));
  await p.waitForTimeout(2500); // what comes live is there
  writeFileSync(join(pictures, name + ".png"), fewColours(await p.screenshot()));
  for (const b of open.bad) holds(`${name}: no error`, false, b);
  open.bad.length = 0;
}
await open.b.close();
end();
