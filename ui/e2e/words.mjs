// Every text of the window as one JSON document, for whoever drives the real window and looks for
// its words. A text with gaps is given with {0}, {1} in their place, and, where one thing is told in
// other words than many, a second time under "#one". Written to the file that is named.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createServer } from "vite";

const GAPS = ["{0}", "{1}", "{2}"];

/** The texts below `node` by their paths. */
function flat(node, path, into) {
  if (typeof node === "string") into[path] = node;
  else if (typeof node === "function") {
    into[path] = node(...GAPS);
    const one = node(1, ...GAPS.slice(1));
    if (one !== into[path].replace("{0}", "1")) into[`${path}#one`] = one;
  } else for (const [key, each] of Object.entries(node ?? {})) flat(each, path === "" ? key : `${path}.${key}`, into);
  return into;
}

const [file] = process.argv.slice(2);
if (!file) throw new Error("name the file to write");
const server = await createServer({ logLevel: "error", server: { middlewareMode: true, watch: null }, optimizeDeps: { noDiscovery: true } });
const { languages } = await server.ssrLoadModule("/src/i18n/index.ts");
const words = Object.fromEntries(Object.entries(languages).map(([language, texts]) => [language, flat(texts, "", {})]));
await server.close();
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, JSON.stringify(words, null, 1));
