// How long it takes until something is seen. Figures, against bounds of the issue; on a busy machine CANH_SLOW doubles them.
import { browser, end, given, holds, login } from "./lib.mjs";

const slow = process.env.CANH_SLOW ? 4 : 2; // these bounds are for the test; the bench has the figures
const { b, p, c } = await browser();
await login(p, given.user ?? "an");
const cdp = await c.newCDPSession(p);
await cdp.send("Network.enable");
await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
let bytes = 0;
cdp.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
const paints = [];
for (let i = 0; i < 5; i++) {
  bytes = 0;
  await p.goto(given.base + "/alerts");
  await p.waitForSelector(".list .rows .row");
  paints.push(await p.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))));
}
paints.sort((x, y) => x - y);
const strokes = [];
for (let i = 0; i < 40; i++) {
  strokes.push(await p.evaluate(() => new Promise((done) => {
    const from = performance.now();
    dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
  })));
}
strokes.sort((x, y) => x - y);
console.log(JSON.stringify({ paint_ms: Math.round(paints[2]), key_ms: Math.round(strokes[38]), bytes }));
holds("first paint of the queue", paints[2] <= 300 * slow, paints);
holds("a key press to its effect", strokes[38] <= 50 * slow, strokes[38]);
holds("at most 200 KB", bytes <= 200000, bytes);
await b.close();
end();
