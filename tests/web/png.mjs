// A picture of a page with at most 256 colours: half the bytes, and nobody sees it.
import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
const crc = (b) => (b.reduce((c, x) => table[(c ^ x) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

function chunk(name, body) {
  const named = Buffer.concat([Buffer.from(name), body]), all = Buffer.alloc(12 + body.length);
  all.writeUInt32BE(body.length);
  named.copy(all, 4);
  all.writeUInt32BE(crc(named), 8 + body.length);
  return all;
}

/** Rows without their filters; of 8-bit pictures in RGB or RGBA, as Chromium makes them. */
function pixels(png) {
  const idat = [], width = png.readUInt32BE(16), height = png.readUInt32BE(20), size = png[25] === 6 ? 4 : 3, step = width * size;
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") idat.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(idat)), out = Buffer.alloc(step * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (step + 1)], from = y * (step + 1) + 1, to = y * step;
    for (let x = 0; x < step; x++) {
      const a = x < size ? 0 : out[to + x - size], b = y === 0 ? 0 : out[to + x - step], c = x < size || y === 0 ? 0 : out[to + x - step - size];
      const p = a + b - c, near = Math.abs(p - a) <= Math.abs(p - b) && Math.abs(p - a) <= Math.abs(p - c) ? a : Math.abs(p - b) <= Math.abs(p - c) ? b : c;
      out[to + x] = raw[from + x] + [0, a, b, (a + b) >> 1, near][filter];
    }
  }
  return { width, height, size, out };
}

/** The 64 most frequent colours stay as they are, and those that would be furthest off; each other one becomes what is nearest. */
export function fewColours(png) {
  const { width, height, size, out } = pixels(png), n = width * height, count = new Map(), rows = Buffer.alloc((width + 1) * height);
  const colour = (i) => (out[i * size] << 16) | (out[i * size + 1] << 8) | out[i * size + 2];
  for (let i = 0; i < n; i++) count.set(colour(i), (count.get(colour(i)) ?? 0) + 1);
  const apart = (a, b) => [16, 8, 0].reduce((sum, s) => sum + (((a >> s) & 255) - ((b >> s) & 255)) ** 2, 0);
  // Where each colour goes so far, and how far that is: the next one kept is that which is worst off.
  const kept = [], all = [...count].map(([c, often]) => ({ c, often, at: 0, off: Infinity }));
  while (kept.length < Math.min(256, all.length)) {
    const next = all.reduce((w, x) => ((kept.length < 64 ? x.off && x.often : x.off * Math.sqrt(x.often)) > (kept.length < 64 ? w.off && w.often : w.off * Math.sqrt(w.often)) ? x : w)).c;
    for (const x of all) {
      const off = apart(x.c, next);
      if (off < x.off) Object.assign(x, { at: kept.length, off });
    }
    kept.push(next);
  }
  const place = new Map(all.map((x) => [x.c, x.at]));
  for (let i = 0; i < n; i++) rows[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = place.get(colour(i));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("PLTE", Buffer.from(kept.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
