import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { age, languages, systemLanguage } from ".";

/** Every text with its path; those with gaps are filled in. */
function leaves(node: unknown, path: string[] = []): [string, string][] {
  if (typeof node === "string") return [[path.join("."), node]];
  if (typeof node === "function") return [[path.join("."), String(node(3, 5))]];
  return Object.entries(node as object).flatMap(([key, below]) => leaves(below, [...path, key]));
}

const en = leaves(languages.en);
const zh = leaves(languages["zh-Hant"]);

describe("texts", () => {
  test("say something in both languages", () => {
    const paths = (all: typeof en) => all.map(([path]) => path).filter((path) => !/^(reasons|troubles|nextSteps)\./.test(path));
    expect(paths(zh)).toEqual(paths(en));
    for (const [path, text] of [...en, ...zh]) expect(text.trim(), path).not.toBe("");
  });

  test("use the words of docs/glossary.md and none that it refuses", () => {
    for (const [path, text] of zh) {
      expect(text, path).not.toMatch(/實例|密鑰|私鑰|沙盒|數據|連接器|環境/);
    }
    for (const [path, text] of en) expect(text, path).not.toMatch(/environment/i);
  });

  test("have no space between Latin and Chinese", () => {
    for (const [path, text] of zh) {
      expect(text, path).not.toMatch(/[\p{Script=Han}] [A-Za-z0-9]|[A-Za-z0-9] [\p{Script=Han}]/u);
    }
  });

  test("name the states as docs/glossary.md does", () => {
    const glossary = readFileSync("../docs/glossary.md", "utf8");
    for (const state of Object.keys(languages.en.connection.states)) {
      const line = glossary.split("\n").find((each) => each.startsWith(`| \`${state}\` |`));
      expect(line, state).toBeDefined();
      for (const texts of Object.values(languages)) {
        const word = texts.connection.states[state as keyof typeof texts.connection.states];
        expect(line).toContain(word);
      }
    }
  });

  test("say what the guards say in the sentences of docs/glossary.md", () => {
    const glossary = readFileSync("../docs/glossary.md", "utf8").replaceAll("**", "");
    const plain = (text: string) => text.replaceAll(/\{[^}]+\}/g, "{}").replaceAll("「{}」", "{}");
    const lines = glossary.split("\n").map(plain);
    const same = ["keysAndDataSpace", "paymentsId", "usedElsewhere", "swapped", "onePair", "otherAccount", "removes", "removesInBulk"] as const;
    for (const texts of Object.values(languages)) {
      for (const name of same) {
        const sentence = plain(texts.guards.cases[name]);
        expect(lines.some((line) => line.includes(sentence)), `${name}: ${sentence}`).toBe(true);
      }
    }
  });

  test("tell in Chinese every reason that the core gives", () => {
    const core = files("../crates/core/src/connection").map((path) => readFileSync(path, "utf8"));
    const codes = core.flatMap((source) => [...source.matchAll(/Remark::new\(\s*"(\w+)"/g)].map(([, code]) => code));
    expect(codes).toContain("bothAccepted");
    const untold = codes.filter((code) => code && !languages["zh-Hant"].reasons[code]);
    expect(untold).toEqual([]);
  });

  test("are all used", () => {
    const sources = files("src").filter((path) => !/i18n.(en|zh-Hant)/.test(path) && !path.endsWith(".test.ts"));
    const source = sources.map((path) => readFileSync(path, "utf8")).join("\n");
    // Keys under these are chosen by a value of the contract, so their names stand nowhere.
    const chosen = [
      /^app\.(board|keyPairs|dataSpaces|history|settings)$/,
      /^connection\.(next|evidence\.(words|plan|detach|edit|adopt|assign|remove|check))/,
      /^connection\.(states|lights)/,
      /^dataSpaces\.(types|only)/,
      /^errors\.[^.]+/,
      /^fields\.(labels|problems|shapes)/,
      /^guards\.(cases|effects)/,
      /^guide\.(steps|why|acts|messages|ask\.people)/,
      /^instances\.roles/,
      /^journal\.(actions|verified|filter\.periods|saving\.formats)/,
      /^keyPairs\.(columns|purposes|states|from|answers)/,
      /^nextSteps/,
      /^push\.(outcomes|steps|kinds)/,
      /^settings\.(languages|themes)/,
      /^start\./,
      /^troubles/,
      /^values\.(groups|names)/,
    ];
    const unused = en.map(([path]) => path).filter((path) => {
      const key = path.split(".").at(-1);
      return !chosen.some((each) => each.test(path)) && !new RegExp(`\\.${key}\\b`).test(source);
    });
    expect(unused).toEqual([]);
  });
});

describe("ages", () => {
  const since = "2026-03-20T09:00:00Z";
  const after = (ms: number) => Date.parse(since) + ms;

  test("are told in the language that is spoken", () => {
    expect(age(since, after(180_000), "en")).toBe("3 min. ago");
    expect(age(since, after(180_000), "zh-Hant")).toBe("3分鐘前");
    expect(age(since, after(14 * 3_600_000), "en")).toBe("14 hr. ago");
    expect(age(since, after(5 * 86_400_000), "en")).toBe("5 days ago");
  });

  test("are never in the future, whatever the clocks say", () => {
    expect(age(since, after(-3_600_000), "en")).toBe("0 sec. ago");
  });
});

test("the system's language is followed as far as it is spoken", () => {
  expect(systemLanguage(["zh-TW", "en-US"])).toBe("zh-Hant");
  expect(systemLanguage(["de-DE", "en-GB"])).toBe("en");
  expect(systemLanguage(["fr"])).toBe("en");
});

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}
