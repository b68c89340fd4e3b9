// Role by page: what a role may not see is not asked for, and what it may not do is not offered. The description says who may
// what. Every button and every command of every page is pressed; no change reaches the server.
import { browser, end, given, holds, login } from "./lib.mjs";

const pages = ["/", "/alerts?alert=" + given.alert, "/incidents", "/incidents?view=board", "/incidents/candidates",
  ...["work", "timeline", "observables", "evidence", "alerts", "systems", "phieu", "forms", "history"].map((x) => `/incidents/${given.incident}?part=${x}`),
  "/search?q=canary", "/entities", "/entity?kind=host&key=srv-01", "/rules", "/rules/" + given.rule, "/rules/matrix", "/sources",
  "/phieu", "/phieu/letters", "/my", "/shift", "/shift/handover", "/shift/away", "/shift/people", "/audit", "/audit/verify", "/audit/trail",
  "/admin", "/admin/access", "/admin/trail", "/admin/notices", "/admin/house", "/admin/verify", "/admin/server", "/me", "/rules/new"];
const asks = new Set(["/rule/check", "/hunt"]); // sent by POST, and change nothing
const paths = given.description.paths;

/** Who may, or undefined: no such route. An act that everybody does in what is his own names "self". */
function may(role, method, path) {
  const route = paths[path]?.[method.toLowerCase()];
  if (!route) return undefined;
  return !route["x-roles"] || route["x-roles"].includes(role) || route["x-roles"].includes("self");
}

async function look(role) {
  const { b, p, bad } = await browser();
  const offered = new Set(), done = new Set(), seen = { asked: 0, pressed: 0 };
  let at = "/";
  const judge = (what, method, path) => {
    const allowed = may(role, method, path);
    holds(`${role} ${at}: ${method} ${path} is a route`, allowed !== undefined);
    holds(`${role} ${at}: ${what} ${path}`, allowed !== false);
  };
  await login(p, given.roles[role]);
  p.on("response", (r) => holds(`${role} ${at}: no refusal`, r.status() !== 403, r.url()));
  await p.route(/\/api\//, (r) => {
    const q = r.request(), path = new URL(q.url()).pathname.slice(4) || "/";
    if (path !== "/session/csrf") judge("asks", q.method(), path);
    seen.asked++;
    if (q.method() === "GET" || asks.has(path)) return r.continue();
    offered.add(path);
    return r.fulfill({ status: 409, contentType: "application/json", body: '{"error":"not in this test"}' });
  });
  const forms = async () => {
    for (const name of await p.locator("form[data-act]").evaluateAll((all) => all.map((f) => f.dataset.act))) {
      offered.add("/" + name.replaceAll(".", "/"));
      judge("offers", "POST", "/" + name.replaceAll(".", "/"));
    }
    for (let i = 0; i < 3 && await p.locator("dialog[open]").count(); i++) await p.keyboard.press("Escape");
    if (await p.locator("dialog[open]").count()) await go(); // one that a key does not end
  };
  const go = async () => {
    await p.goto(given.base + at, { waitUntil: "commit", timeout: 60000 }).catch(() => undefined); // a text that is not saved holds one back
    await p.locator("#main h1, #main h2").first().waitFor({ timeout: 15000 }).catch(() => holds(`${role} ${at} is drawn`, false));
    await p.waitForTimeout(250);
  };
  const shown = (what) => p.locator(what).evaluateAll((all) => [...new Set(all.map((x) => x.innerText.trim()))].filter(Boolean));
  const after = async () => {
    seen.pressed++;
    await p.waitForTimeout(60);
    await forms();
    const here = new URL(p.url());
    if (here.pathname + here.search !== at) await go();
  };
  const buttons = "#main button:visible:enabled";
  const press = async (text) => {
    const one = p.locator(buttons).filter({ hasText: text }).first();
    if (!await one.count()) return;
    await one.click({ timeout: 2000 }).catch(() => undefined); // it went away
    await after();
  };
  const palette = async () => {
    await p.keyboard.press("Control+k");
    if (await p.locator("#palette-list").waitFor({ timeout: 2000 }).then(() => true, () => false)) return;
    await go();
    await p.keyboard.press("Control+k");
    await p.locator("#palette-list").waitFor({ timeout: 2000 }).catch(() => holds(`${role} ${at}: has a palette`, false));
  };
  const commands = async () => {
    await palette();
    const all = await shown("#palette-list li");
    await p.keyboard.press("Escape");
    return all;
  };
  const command = async (text) => {
    await palette();
    const one = p.locator("#palette-list li").filter({ hasText: text }).first();
    if (await one.count()) await one.click({ timeout: 2000 });
    await after();
  };
  at = "/me"; // which has no commands of its own
  await go();
  const everywhere = new Set(await commands());
  for (const page of pages) {
    at = page;
    await go();
    const row = p.locator(".list .rows .row:visible").first();
    if (await row.count()) await row.click();
    const here = new URL(p.url());
    at = here.pathname + here.search;
    const fresh = (kind, text) => { // one of the same words on the same page is the same
      const key = [kind, here.pathname, text].join(" "), was = done.has(key);
      done.add(key);
      return !was;
    };
    for (const text of (await shown(buttons)).slice(0, 40)) if (fresh("button", text)) await press(text);
    for (const text of await commands()) if (!everywhere.has(text) && fresh("command", text)) await command(text);
  }
  const wrong = bad.filter((x) => !x.startsWith("dialog: ")); // of that text
  holds(`${role}: no error`, wrong.length === 0, wrong);
  console.log(JSON.stringify({ role, ...seen, offered: [...offered].sort().join(" ") }));
  await b.close();
  return offered;
}

const offers = {}, wait = process.env.CANH_ROLES?.split(",") ?? Object.keys(given.roles);
const some = async () => {
  for (let role = wait.shift(); role; role = wait.shift()) offers[role] = await look(role);
};
await Promise.all([some(), some()]);
// What is there for one who may: else the above says nothing.
for (const [role, least] of Object.entries({ analyst: 25, lead: 30, officer: 10, administrator: 15 })) holds(`${role} is offered acts`, !offers[role] || offers[role].size >= least, [...offers[role] ?? []]);
holds("a contact has no act of the watch", ![...offers.contact ?? []].some((x) => /^.(alert|incident|rule|shift|suppression)/.test(x)), [...offers.contact]);
end();
