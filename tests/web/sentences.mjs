// What the server says stands in Vietnamese: each sentence that tools/sentences.py finds in the sources, and what is seen of them.
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { browser, end, given, holds, language, login, picture } from "./lib.mjs";

const top = join(dirname(fileURLToPath(import.meta.url)), "../.."), locale = join(top, "data/locale");
const rows = JSON.parse(readFileSync(join(locale, "sentences.json"), "utf8"));
const texts = Object.assign({}, ...readdirSync(locale).filter((f) => f.endsWith(".json") && f !== "sentences.json")
  .map((f) => JSON.parse(readFileSync(join(locale, f), "utf8"))));
const { build } = createRequire(join(top, "web/"))("esbuild");
const code = (await build({ entryPoints: [join(top, "web/src/lib/sentence.ts")], bundle: true, format: "esm", write: false })).outputFiles[0].text;
const { sayer } = await import("data:text/javascript," + encodeURIComponent(code));

/* --- every sentence that a page can show has its row, and no row is left over ------------------ */

const holes = (s) => [...new Set([...s.matchAll(/\{(\d+d?)(?::[\w.|]+)?\}/g)].map((m) => m[1]))].sort().join();
const known = new Set(), left = [];
for (const [area, of] of Object.entries(given.sentences)) {
  const patterns = Object.entries(of.patterns);
  if (!of.said) {
    left.push(`${area} ${patterns.length}`);
    continue;
  }
  holds(`${area} says something`, patterns.length > 0);
  for (const [en, place] of patterns) {
    known.add(en);
    holds(`${place}: data/locale/sentences.json has "${en}"`, en in rows);
    if (of.vi[en]) holds(`${place}: the source's own Vietnamese of "${en}"`, rows[en] === of.vi[en], [rows[en], of.vi[en]]);
  }
  console.log(`${area}: ${patterns.length}`);
}
console.log(`not in Vietnamese, hardly ever in a page: ${left.join(", ")}`);
for (const en of ["There is no {1} {2d}.", "it is cut off", "search of the filter", "The quote is not closed.", "{1} is disabled.", "is there already", "This login is over: begin again."]) {
  holds(`the tool finds "${en}"`, known.has(en)); // whatever the way by which it goes
}
for (const [en, vi] of Object.entries(rows)) {
  holds(`"${en}" is said by a source`, known.has(en));
  holds(`"${en}": the same holes`, holes(en) === holes(vi), vi);
  holds(`"${en}": its Vietnamese is Vietnamese`, /[à-ỹ]/.test(vi.toLowerCase()), vi);
  for (const [, lists] of vi.matchAll(/\{\d+d?:([\w.|]+)\}/g)) {
    for (const list of lists.split("|")) holds(`"${en}": there are texts ${list}.*`, Object.keys(texts).some((k) => k.startsWith(list + ".")));
  }
}

/* --- each says itself and no other -------------------------------------------------------------- */

const label = (list, value) => texts[`${list}.${value}`]?.vi, say = sayer(rows, label);
const filled = (s) => s.replace(/\{(\d+)(d?)(?::[\w.|]+)?\}/g, (_, n, d) => (d ? `7${n}` : `x${n}x`));
const matches = Object.keys(rows).map((en) => ({ en, sample: filled(en), match: new RegExp("^" + en.split(/\{\d+d?\}/).map((part) =>
  part.replace(/[^\w\s]/g, "\\$&")).join("\u0000").replace(/\u0000/g, "(.*)") + "$") }));
for (const a of matches) {
  holds(`"${a.sample}" is said by its own row`, say(a.sample) === filled(rows[a.en]), say(a.sample));
  for (const b of matches) {
    if (a.en < b.en && /\{/.test(a.en) && /\{/.test(b.en)) {
      holds(`"${a.en}" and "${b.en}" are told apart`, !(a.match.test(b.sample) && b.match.test(a.sample)));
    }
  }
}
for (const [en, vi] of [
  ["until: This is still to come.", "Đến: Thời điểm này chưa đến."],
  ["There is no alert 12.", "Không có cảnh báo số 12."],
  ["System 3 is there already.", "Hệ thống 3 đã có rồi."],
  ["Alert 7 is closed.", "Cảnh báo 7 đang ở trạng thái “Đã đóng”."],
  ["text: Line 4: The rule in line 4 has no id.", "Nội dung: Dòng 4: Luật ở dòng 4 không có mã (id)."],
  ["sort: 5 rows are not in it, for want of room. 9 further rows are not shown.",
    "sort: Có 5 dòng không nằm trong kết quả vì hết chỗ. Còn 9 dòng không hiển thị."],
  ["Source fw (syslog-tcp) is silent; it was active.", "Nguồn fw (syslog-tcp) đang im lặng; trước đó đang gửi."],
  ["email: This is no mail address.", "Thư điện tử: Đây không phải địa chỉ thư điện tử."],
  ["rules/a.yml: line 3: The condition names 'b', but there is no such search of the filter.",
    "rules/a.yml: line 3: Điều kiện nêu “b” nhưng không có phép tìm của bộ lọc nào như vậy."],
  ["2026-11-28.seg, block 4", "2026-11-28.seg, khối 4"],
  ["Block 4: Part 2 of a block is damaged: its hash is another.", "Khối 4: Phần 2 của một khối bị hỏng: mã băm khác."],
  ["/data/x cannot be opened: Permission denied.", "Không mở được /data/x: không có quyền truy cập."],
  ["What nobody says.", undefined],
  ["Alert seven is closed.x", undefined],
]) holds(`"${en}"`, say(en) === vi, say(en));

const began = performance.now(), long = "There is no a: ".repeat(120);
holds("a text of somebody else says nothing", say(long) === undefined);
holds("and costs little", performance.now() - began < 1000, performance.now() - began);
console.log(JSON.stringify({ rows: matches.length, long_ms: Math.round(performance.now() - began) }));

/* --- and in the pages --------------------------------------------------------------------------- */

const { b, p, bad } = await browser();

/** What the server said is seen in Vietnamese, the English behind it; in English at once when that is chosen. */
async function shown(what, vi, en) {
  const seen = p.locator("span[lang='vi'][title]").first();
  await seen.waitFor({ timeout: 15000 }).catch(() => {});
  const got = [await seen.textContent({ timeout: 1000 }).catch(() => ""), await seen.getAttribute("title", { timeout: 1000 }).catch(() => "")];
  holds(`${what} in Vietnamese`, got[0] === vi && got[1] === en, got);
  await picture(p, `sentences-${what.replaceAll(" ", "-")}`);
}

async function refused(act, more) {
  const form = p.locator(`form[data-act="${act}"]`);
  for (const [name, value] of Object.entries(more)) await form.locator(`[name="${name}"]`).fill(value);
  await form.evaluate((f) => f.requestSubmit());
}

await p.goto(given.base + "/");
await p.fill("#name", "moi");
await p.fill("#password", given.once);
await p.keyboard.press("Enter");
await p.waitForSelector("#next", { timeout: 15000 });
await p.fill("#password", given.once);
await p.fill("#next", "tramtram");
await p.fill("#again", "tramtram");
await p.keyboard.press("Enter");
await shown("a password", "Không có yếu tố thứ hai thì mật khẩu phải có ít nhất 14 ký tự.",
  "Without a second factor a password has at least 14 characters.");
await p.goto("about:blank");
await p.context().clearCookies();
await login(p, "quan");
await p.goto(given.base + "/search?q=" + encodeURIComponent('host:"srv'));
await shown("a query", "Dấu nháy chưa đóng.", "The quote is not closed.");
await p.locator(".usermenu > button").click();
await p.locator(".usermenu .switch button", { hasText: "English" }).click();
const english = p.locator(".wrong span[lang='en']");
await english.waitFor({ timeout: 5000 }).catch(() => {});
holds("switched at once", (await english.textContent({ timeout: 1000 }).catch(() => "")) === "The quote is not closed.");
await language(p, "vi");
await p.goto(given.base + "/admin");
await p.locator("button", { hasText: "Thêm người dùng" }).first().click();
await p.locator('form[data-act="user.add"] input[type="checkbox"]').first().check();
await refused("user.add", { user: "an", display: "An" });
await shown("an act", "Đã có người dùng an.", "There is a user an.");
await refused("user.add", { user: "Ông Ba" });
await p.locator(".why span[title^='user: A name']").waitFor({ timeout: 15000 }).catch(() => {});
await shown("a field", "Tên đăng nhập: Tên có từ 2 đến 32 ký tự gồm chữ thường (a-z), chữ số, dấu chấm, gạch nối, gạch dưới, bắt đầu bằng chữ.",
  "user: A name has 2 to 32 letters (a-z), digits, dots, hyphens, underscores, a letter first.");
await p.goto(given.base + "/rules/new");
await p.locator("#main textarea").first().fill("title: Thử\ndetection:\n  a:\n    b: 1\n  condition: a and\n");
await shown("a rule", "Tài liệu không có nguồn log (logsource).", "The document has no logsource.");
const wrong = bad.filter((x) => !/status of 400/.test(x));
holds("nothing else went wrong", wrong.length === 0, wrong);
await b.close();
end();
