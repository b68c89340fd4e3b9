// Bundles the pages into one C file of gzipped assets (src/console/assets.h).
//   node build.mjs OUT.c [OUT.d]       for the program; OUT.d names what it was made from
//   node build.mjs --to FOLDER         the same files plain, to look at
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const locale = join(here, "../data/locale"), attack = join(here, "../data/attack/techniques.json");
const sentences = "sentences.json"; // of the server, by their English; a part of its own
const types = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8", svg: "image/svg+xml", webmanifest: "application/manifest+json" };

/** All texts as one module, key → [Vietnamese, English]; a row without both, or twice, ends the build. */
function texts() {
  const rows = {}, files = readdirSync(locale).filter((f) => f.endsWith(".json") && f !== sentences).sort();
  for (const file of files) {
    for (const [key, row] of Object.entries(JSON.parse(readFileSync(join(locale, file), "utf8")))) {
      if (!row.vi || !row.en || Object.keys(row).length !== 2) throw new Error(`${file}: ${key} wants vi and en`);
      if (rows[key]) throw new Error(`${file}: ${key} stands twice`);
      rows[key] = [row.vi, row.en];
    }
  }
  return { rows, files: [...files, sentences].map((f) => join(locale, f)) };
}

/** Names of techniques by id; a sub-technique without its parent ends the build. */
function techniques() {
  const names = JSON.parse(readFileSync(attack, "utf8"));
  for (const [id, name] of Object.entries(names)) {
    if (!/^T\d{4}(\.\d{3})?$/.test(id) || !name || !names[id.slice(0, 5)]) throw new Error(`${attack}: ${id}: ${name}`);
  }
  return names;
}

const { rows, files } = texts(), names = techniques();
/** A module that is made of data. */
const made = (name, of) => ({
  name,
  setup(b) {
    b.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: name }));
    b.onLoad({ filter: /.*/, namespace: name }, () => ({ contents: JSON.stringify(of), loader: "json" }));
  },
});
/** A part of its own, fetched when it is needed. */
const apart = {
  name: "sentences",
  setup(b) {
    b.onResolve({ filter: /^sentences$/ }, () => ({ path: join(locale, sentences) }));
  },
};

const result = await build({
  entryPoints: { app: join(here, "src/main.tsx"), style: join(here, "src/style.css") },
  bundle: true, minify: true, charset: "utf8", format: "esm", splitting: true, target: "es2022", write: false, metafile: true,
  outdir: "/", entryNames: "[name]-[hash]", chunkNames: "part-[hash]", jsx: "automatic", jsxImportSource: "preact",
  plugins: [made("texts", rows), made("attack", names), apart], legalComments: "none", logLevel: "warning", absWorkingDir: here,
});

const assets = result.outputFiles.map((f) => ({ path: "/" + basename(f.path), body: Buffer.from(f.contents), forever: true }));
const named = (start, end) => assets.find((a) => a.path.startsWith(start) && a.path.endsWith(end)).path;
const icon = readFileSync(join(here, "src/icon.svg"));
const iconPath = `/icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
const manifest = Buffer.from(JSON.stringify({ name: "Canh", short_name: "Canh", start_url: "/", display: "standalone",
  icons: [{ src: iconPath, sizes: "any", type: "image/svg+xml" }] }));
assets.push({ path: iconPath, body: icon, forever: true });
assets.push({ path: "/canh.webmanifest", body: manifest, forever: false });
assets.push({
  path: "/index.html", forever: false,
  body: Buffer.from(readFileSync(join(here, "src/index.html"), "utf8")
    .replaceAll("ICON", iconPath).replaceAll("APP", named("/app-", ".js")).replaceAll("STYLE", named("/style-", ".css"))),
});
assets.sort((a, b) => (a.path < b.path ? -1 : 1));

function inC() {
  const out = ["/* Made by web/build.mjs. */", '#include "console/assets.h"', ""];
  assets.forEach((a, i) => {
    const z = gzipSync(a.body, { level: 9 });
    const lines = [];
    for (let k = 0; k < z.length; k += 24) lines.push([...z.subarray(k, k + 24)].join(",") + ",");
    out.push(`static const uint8_t asset_${i}[] = {`, ...lines, "};");
    a.zipped = z.length;
  });
  out.push("const struct asset console_assets[] = {");
  assets.forEach((a, i) => out.push(
    `    { "${a.path}", "${types[a.path.split(".").pop()]}", ${a.forever}, asset_${i}, sizeof(asset_${i}) },`));
  out.push("};", `const size_t console_asset_count = ${assets.length};`, "");
  return out.join("\n");
}

if (process.argv[2] === "--to") {
  mkdirSync(process.argv[3], { recursive: true });
  for (const a of assets) writeFileSync(join(process.argv[3], a.path), a.body);
} else {
  writeFileSync(process.argv[2], inC());
}
if (process.argv[3] && process.argv[2] !== "--to") {
  const from = Object.keys(result.metafile.inputs).filter((f) => !f.includes(":")).map((f) => resolve(here, f));
  const all = [...from, ...files, attack, join(here, "src/index.html"), join(here, "src/icon.svg"), join(here, "build.mjs")];
  writeFileSync(process.argv[3], `${process.argv[2]}: ${all.join(" ")}\n`);
}
