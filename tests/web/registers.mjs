// The registers by their page: one thing made and changed, a table that is wrong and one that is right, who may not sees no button.
// First the server is empty: the watch says how one begins.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browser, end, given, holds, login } from "./lib.mjs";

const folder = mkdtempSync(join(tmpdir(), "canh-registers-"));
const file = (name, rows) => { const path = join(folder, name); writeFileSync(path, rows.map((r) => r.join(",")).join("\r\n") + "\r\n"); return path; };
const head = ["Mã cơ quan", "Tên cơ quan", "Loại cơ quan", "Mã cơ quan cấp trên"];

async function view(p, path) {
  return p.evaluate(async (x) => (await fetch("/api" + x + (x.includes("?") ? "&" : "?") + "format=json")).json(), path);
}
async function until(p, what, test) {
  for (let i = 0; i < 60; i++) { if (await test()) return; await p.waitForTimeout(150); }
  holds(what, false);
}
const listed = (p, text) => p.locator(".list .rows .row", { hasText: text }).count();
const submit = (p) => p.locator("dialog[open] button[type=submit]").click();
const closed = (p) => p.waitForSelector("dialog[open]", { state: "detached", timeout: 10000 });

{
  const { b, p, bad } = await browser();
  await login(p, "can");
  await p.locator("ol.first").waitFor({ timeout: 10000 }).catch(() => holds("an empty server says how one begins", false));
  holds("the guide leads to sources and registers", (await p.locator("ol.first a[href='/sources/connect'], ol.first a[href='/registers']").count()) === 2);

  // By keys: to the registers, a new agency.
  await p.keyboard.press("g");
  await p.keyboard.press("d");
  await p.locator("button.main", { hasText: "Thêm cơ quan" }).waitFor();
  holds("an empty register says what to do", (await p.locator("p.empty").innerText()).includes("nhập cả bảng"));
  await p.keyboard.press("n");
  await p.waitForSelector("#f-code");
  await p.fill("#f-code", "TINH");
  await p.fill("#f-name", "UBND tỉnh Thử");
  await p.selectOption("#f-kind", "province");
  await p.fill("#f-valid_from", "2025-07-01");
  await p.fill("#f-phone", "02033825123");
  await submit(p);
  await closed(p);
  await until(p, "the agency is listed", async () => (await listed(p, "UBND tỉnh Thử")) === 1);
  let row = (await view(p, "/agency/show?agency=1"))[0];
  holds("it is as it was typed", row.code === "TINH" && row.valid_from === "2025-07-01" && !!row.phone, row);

  // A field that is emptied is empty; the others stay.
  await p.keyboard.press("Enter");
  await p.locator("aside.pane h2", { hasText: "UBND tỉnh Thử" }).waitFor();
  await p.keyboard.press("e");
  await p.waitForSelector("#f-phone");
  holds("the form has what is there", (await p.inputValue("#f-phone")) === row.phone && (await p.inputValue("#f-valid_from")) === "2025-07-01");
  await p.fill("#f-phone", "");
  await submit(p);
  await closed(p);
  row = (await view(p, "/agency/show?agency=1"))[0];
  holds("the phone is gone, the day stays", !row.phone && row.valid_from === "2025-07-01" && row.name === "UBND tỉnh Thử", row);

  // A table: nothing of a wrong one is taken in, and what is wrong is told by cell.
  await p.keyboard.press("Escape");
  await p.keyboard.press("x");
  await p.setInputFiles("#table", file("wrong.csv", [head, ["A", "Sở A", "Sở, ban, ngành".replace(/.*/, '"$&"'), "TINH"], ["B", "Xã B", "Xã", "KHONG"]]));
  await p.locator("dialog tr.bad code", { hasText: "D3" }).waitFor({ timeout: 15000 }).catch(() => holds("the fault is told by its cell", false));
  const take = p.locator("dialog button.main");
  holds("a wrong table cannot be taken in", await take.isDisabled());
  holds("nothing was taken in", (await view(p, "/agency/list?state=all")).length === 1);
  await p.setInputFiles("#table", file("right.csv", [head, ["A", "Sở A", '"Sở, ban, ngành"', "TINH"], ["B", "Xã B", "Xã", "A"]]));
  await until(p, "a right one can", async () => !(await take.isDisabled()));
  holds("trying changes nothing", (await view(p, "/agency/list?state=all")).length === 1);
  await take.click();
  await until(p, "it is taken in", async () => (await view(p, "/agency/list?state=all")).length === 3);
  await p.keyboard.press("Escape");
  await until(p, "its rows are there, the lower deeper", async () => (await listed(p, "Xã B")) === 1);
  const deep = await p.locator(".branch").evaluateAll((all) => all.map((x) => parseInt(x.style.paddingLeft, 10)));
  holds("the tree has three steps", deep.join() === "0,16,32", deep);

  // A system of it, chosen by name.
  await p.keyboard.press("2");
  await p.locator("h1", { hasText: "Sổ đăng ký" }).waitFor();
  await p.keyboard.press("n");
  await p.waitForSelector("#f-owner option:nth-child(2)", { state: "attached" });
  await p.fill("#f-code", "WEB");
  await p.fill("#f-name", "Trang thông tin");
  for (const f of ["#f-owner", "#f-operator"]) await p.selectOption(f, { label: "Sở A (A)" });
  await p.selectOption("#f-type", "public");
  await p.locator("[aria-labelledby=f-information-l] input").first().check();
  await submit(p);
  await closed(p);
  row = (await view(p, "/system/show?system=1"))[0];
  holds("its owner is who was chosen", row?.agencies?.[0]?.code === "A", row);
  holds("no error, nothing asked of others", bad.length === 0, bad);
  await b.close();
}

// Who may not change anything sees all of it, and no button.
{
  const { b, p, bad } = await browser();
  await login(p, "an");
  for (const [path, text] of [["/registers?agency=2", "Sở A"], ["/registers/systems?system=1", "Trang thông tin"]]) {
    await p.goto(given.base + path);
    await p.locator("aside.pane h2", { hasText: text }).waitFor();
    await p.waitForTimeout(800); // what he may is known by then
    const buttons = await p.locator("aside.pane .buttons button, header.bar button.main").allInnerTexts();
    holds(`${path}: no act but those of an analyst`, buttons.every((x) => x.startsWith("Lập phiếu")), buttons);
  }
  await p.keyboard.press("n");
  await p.waitForTimeout(400);
  holds("no form opens by its key", (await p.locator("dialog[open]").count()) === 0);
  await p.keyboard.press("x");
  await p.waitForSelector("dialog[open] a[href*='registry/export']");
  holds("he can take a table out, not in", (await p.locator("#table").count()) === 0);
  const links = await p.locator("dialog[open] a").evaluateAll((all) => Promise.all(all.map(async (x) => (await fetch(x.href)).status)));
  holds("each way out works", links.length === 3 && links.every((s) => s === 200), links);
  holds("an analyst: no error", bad.length === 0, bad);
  await b.close();
}
end();
