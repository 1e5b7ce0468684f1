// Every page of the window in Chromium, on the sample fleet, in both languages and themes: axe finds
// nothing serious, nothing is cut off sideways, and a picture of each is left in artefacts/pages.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";
import { createServer } from "vite";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = new URL("../../artefacts/pages/", import.meta.url).pathname;
const looks = [["en", "light"], ["en", "dark"], ["zh-Hant", "light"], ["zh-Hant", "dark"]];

/** Where things are, whatever the language: rail by place, the rest by role or class. */
const rail = (page, index) => page.locator("nav li button").nth(index).click();
const named = (page, text) => page.locator("tbody th .name", { hasText: text }).first();
const next = (page, text) => page.locator("tbody tr", { hasText: text }).locator("td.next button").click();
const settled = (page) => page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));

/** Each page and the way to it. */
const pages = {
  board: async (page) => named(page, "Nordlys live").waitFor(),
  patch: async (page) => {
    await page.locator(".views button").first().click();
    await page.locator(".patch .left p button").click();
    await page.locator("svg g[data-cable]").first().waitFor({ state: "attached" });
  },
  "patch-chosen": async (page) => {
    await pages.patch(page);
    await page.locator(".patch .name", { hasText: "Nordlys staging" }).click();
    await page.locator("aside dl").first().waitFor();
  },
  "patch-in-hand": async (page) => {
    await pages.patch(page);
    await page.locator(".patch button.knob").nth(1).click();
    await page.locator(".hand:not(:empty)").waitFor();
  },
  ask: async (page) => {
    await page.locator("#guide ~ .actions button").nth(1).click();
    await page.locator(".dialog textarea").waitFor();
  },
  evidence: async (page) => {
    await named(page, "Nordlys staging").click();
    await page.locator("aside dl").first().waitFor();
  },
  "evidence-rejected": async (page) => {
    await named(page, "Fjord outlet").click();
    await page.locator("aside dl").first().waitFor();
  },
  checking: async (page) => {
    await page.locator("header .actions button").nth(1).click();
    await page.locator("progress").waitFor();
  },
  "host-key": async (page) => {
    await next(page, "Fjord B2B");
    await page.locator(".dialog code").first().waitFor();
  },
  plan: async (page) => {
    for (const name of ["Nordlys Sweden", "Nordlys staging", "Nordlys outlet"]) {
      await page.locator("tbody tr", { hasText: name }).first().locator("input").check();
    }
    await page.locator("header .actions .primary").click();
    await page.locator("article").nth(2).waitFor();
  },
  pushing: async (page) => {
    await next(page, "Nordlys outlet");
    await page.locator("article input:not([type=checkbox])").fill("Nordlys outlet");
    await page.locator(".foot .primary").click();
    await page.locator("progress").waitFor();
  },
  result: async (page) => {
    await pages.pushing(page);
    await page.locator(".sum").waitFor();
  },
  assign: async (page) => {
    await next(page, "Nordlys Sweden");
    await page.locator("fieldset label").first().waitFor();
  },
  add: async (page) => {
    await page.locator("header .actions button").first().click();
    await page.locator(".form input:not([type=radio])").nth(0).fill("deploy@new.example");
    await page.locator(".form input:not([type=radio])").nth(1).fill("/var/www/shop");
    await page.locator(".form .actions button").first().click();
    await page.locator(".form .notice").waitFor();
  },
  "key-pairs": async (page) => {
    await rail(page, 1);
    await page.locator("main td").first().waitFor();
  },
  bring: async (page) => {
    await pages["key-pairs"](page);
    await page.locator("main header button").nth(1).click();
    await page.locator(".drop .primary").click();
    await page.locator(".form select").waitFor();
  },
  create: async (page) => {
    await pages["key-pairs"](page);
    await page.locator("main header .primary").click();
    await page.locator("main h1").waitFor();
  },
  "hand-over": async (page) => {
    await pages["key-pairs"](page);
    await page.locator("main header button").nth(2).click();
    await page.locator("main h1").waitFor();
  },
  "key-pair": async (page) => {
    await pages["key-pairs"](page);
    await page.locator("main td button strong, main th button strong").first().click();
    await page.locator("main h1").waitFor();
  },
  "data-spaces": async (page) => {
    await rail(page, 2);
    await page.locator("main select").selectOption({ index: 2 });
    await page.locator("main td").first().waitFor();
  },
  history: async (page) => {
    await rail(page, 3);
    await page.locator("main td").first().waitFor();
  },
  settings: async (page) => rail(page, 4),
  empty: async (page) => page.locator("#empty-board").waitFor(),
};

mkdirSync(pictures, { recursive: true });
const server = await createServer({ mode: "sample", logLevel: "error", server: { port: 0, strictPort: false } });
await server.listen();
const address = server.resolvedUrls.local[0];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
/** What axe finds of weight on a page as it is now. */
async function violations(page) {
  await page.evaluate(axe);
  const found = (await page.evaluate(() => globalThis.axe.run())).violations;
  return found.filter((each) => each.impact === "serious" || each.impact === "critical");
}

const wanted = process.argv.slice(2);
let bad = 0;
let seen = 0;
// A net that catches nothing proves nothing: a planted fault must be found first.
const planted = await browser.newPage();
await planted.setContent("<html lang=en><title>x</title><main><button></button><p style='color:#ddd;background:#fff'>pale</p></main>");
const caught = (await violations(planted)).map((each) => each.id);
await planted.close();
if (!caught.includes("button-name") || !caught.includes("color-contrast")) {
  process.stdout.write(`axe does not find what was planted: ${caught}\n`);
  bad += 1;
}
/** Every page in one language and theme; two of these at once keep two processors busy. */
async function lookAt([language, theme]) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  for (const [name, go] of Object.entries(pages)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const said = [];
    page.on("pageerror", (error) => said.push(String(error)));
    const found = [];
    try {
      const slow = name === "checking" || name === "pushing" ? 400 : 5;
      await page.goto(`${address}?language=${language}&theme=${theme}&delay=${slow}${name === "empty" || name === "ask" ? "&empty" : ""}`);
      await page.locator("nav").waitFor();
      await go(page);
      await settled(page);
      await page.screenshot({ path: `${pictures}${name}-${language}-${theme}.png` });
      for (const each of await violations(page)) {
        found.push(`${each.id}: ${each.nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) found.push(`${wide} px are cut off sideways`);
    } catch (error) {
      found.push(String(error).split("\n").slice(0, 3).join(" "));
      await page.screenshot({ path: `${pictures}${name}-${language}-${theme}-failed.png` }).catch(() => undefined);
    }
    for (const each of [...said, ...found]) process.stdout.write(`${name} ${language} ${theme}: ${each}\n`);
    bad += said.length + found.length;
    seen += 1;
    await page.close();
  }
  await context.close();
}
for (const pair of [looks.slice(0, 2), looks.slice(2)]) await Promise.all(pair.map(lookAt));
await browser.close();
await server.close();
process.stdout.write(`${seen} pages looked at, ${bad} things wrong\n`);
process.exitCode = bad === 0 ? 0 : 1;
