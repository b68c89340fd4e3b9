// What the tests of the pages share.
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = join(dirname(fileURLToPath(import.meta.url)), "../../web/");
const require = createRequire(web);
/** @type {{ base: string, users: Record<string, { password: string, secret?: string }>, [more: string]: any }} */
export const given = JSON.parse(readFileSync(0, "utf8"));
export const pictures = process.env.PICTURES || "";

let failed = 0;

export function holds(what, condition, more) {
  if (condition) return;
  failed++;
  console.log(`[  FAILED  ] ${what}${more === undefined ? "" : ": " + (typeof more === "string" ? more : JSON.stringify(more))}`);
}

export function end() {
  console.log(failed ? `${failed} failed` : "all hold");
  process.exit(failed ? 1 : 0);
}

/** A browser that notes what it should not have met: errors, refusals of the policy, requests to others, dialogs. */
export async function browser(options = {}) {
  const { chromium } = require("playwright-core");
  const path = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  const b = await chromium.launch({ executablePath: path, args: ["--no-sandbox", "--disable-gpu"] });
  const c = await b.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true, ...options });
  const bad = [];
  c.on("page", (p) => {
    p.on("console", (m) => { if (m.type() === "error" && !/status of (401|403|404|409)/.test(m.text())) bad.push(m.text()); });
    p.on("pageerror", (e) => bad.push(e.stack || e.message));
    p.on("dialog", (d) => { bad.push("dialog: " + d.message()); void d.dismiss(); });
    p.on("request", (r) => { if (!r.url().startsWith(given.base) && !/^(data|blob):/.test(r.url())) bad.push("asked: " + r.url()); });
  });
  const p = await c.newPage();
  return { b, c, p, bad };
}

export function totp(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=+$/, "")].map((x) => letters.indexOf(x).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((x) => parseInt(x, 2))), count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = createHmac("sha1", key).update(count).digest(), at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/** Until the half-minute is another one than that in which this user's code was used last. */
async function next(user) {
  const step = () => Math.floor(Date.now() / 30000);
  user.step ??= step(); // by who enrolled him, just now
  while (step() === user.step) await new Promise((done) => setTimeout(done, 500));
  user.step = step();
}

export async function login(p, name) {
  const user = given.users[name];
  await p.goto(given.base + "/");
  await p.waitForSelector("#name");
  await p.fill("#name", name);
  await p.fill("#password", user.password);
  if (user.secret) {
    await next(user); // a code is good once
    await p.fill("#code", totp(user.secret));
  }
  await p.keyboard.press("Enter");
  await p.waitForSelector("#main", { timeout: 20000 });
}

export async function language(p, lang) {
  await p.evaluate((l) => localStorage.setItem("canh.lang", JSON.stringify(l)), lang);
}

/** Texts that have no row in data/locale. */
export function untold(p) {
  return p.evaluate(() => document.documentElement.dataset.untold || "");
}

export async function picture(p, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await p.screenshot({ path: join(pictures, name + ".png") });
}

let axe = "";

/** What axe finds against WCAG 2.2, levels A and AA. */
export async function looked(p) {
  axe ||= readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  await p.evaluate(axe);
  const found = await p.evaluate(() => window.axe.run(document, { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] } }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join("; ")}`);
}
