// Every act, field and choice that the server describes has its texts; every key that the sources name is there.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { end, given, holds } from "./lib.mjs";

const top = join(dirname(fileURLToPath(import.meta.url)), "../..");
const rows = {};
for (const f of readdirSync(join(top, "data/locale"))) if (f.endsWith(".json") && f !== "sentences.json") Object.assign(rows, JSON.parse(readFileSync(join(top, "data/locale", f), "utf8")));
const has = (key) => key in rows;

// Without a form of their own: what is done by logging in, and what the pages of oneself do.
const without = /^(session\.(begin|prove|touch|oidc_\w+)|user\.password|search\.run|evidence\.export|login|logout|password|oidc\.code|verify|hunt|rule\.check|totp\..*)$/;
for (const [path, route] of Object.entries(given.description.paths)) {
  const name = path.slice(1).replaceAll("/", ".");
  if (!route.post || without.test(name) || !route.post["x-roles"]) continue;
  holds(`act.${name}`, has(`act.${name}`) && has(`act.${name}.done`) && has(`did.${name}`));
  const schema = route.post.requestBody?.content["application/json"].schema ?? {};
  for (const [field, s] of Object.entries(schema.properties ?? {})) {
    if (field === "clear") continue;
    holds(`field.${field} of ${name}`, has(`field.${field}`) || has(`field.${name}.${field}`));
    for (const v of s.enum ?? s.items?.enum ?? []) holds(`choice.${field}.${v} of ${name}`, has(`choice.${field}.${v}`) || has(`choice.${name}.${field}.${v}`));
  }
}

function* sources(folder, ending = /\.tsx?$/) {
  for (const f of readdirSync(folder, { withFileTypes: true })) {
    if (f.isDirectory()) yield* sources(join(folder, f.name), ending);
    else if (ending.test(f.name)) yield join(folder, f.name);
  }
}
const named = new Set();
for (const file of sources(join(top, "web/src"))) {
  const text = readFileSync(file, "utf8");
  for (const [, key] of text.matchAll(/\bt\(\s*"([\w.-]+)"/g)) named.add(key);
  for (const [, key] of text.matchAll(/(?:title|label): "([a-z]+\.[\w.-]+)"/g)) named.add(key);
}
for (const key of named) holds(`${key} has both languages`, has(key));
// Alerts of the watch itself: each rule has its title, and each title stands so in the program.
const program = [...sources(join(top, "src"), /\.[ch]$/)].map((f) => readFileSync(f, "utf8")).join("\n");
for (const [, rule] of program.matchAll(/"canh\.([a-z-]+)"/g)) holds(`system.${rule}`, has(`system.${rule}`));
for (const [key, { en }] of Object.entries(rows)) if (key.startsWith("system.")) holds(`${key}: "${en}" is said`, program.includes(`"${en}"`));
// {name} stands in both or in none.
for (const [key, { vi, en }] of Object.entries(rows)) {
  const of = (s) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join();
  holds(`${key}: the same values in both languages`, of(vi) === of(en), [vi, en]);
}
end();
