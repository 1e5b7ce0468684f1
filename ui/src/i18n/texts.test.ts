import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { PATHS } from "../api/fakeFleet";
import { age, languages, systemLanguage } from ".";
import { gaps } from "./words/fill";
import { toldRemark } from "./words/remarks";

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

  test("say in the reveal dialog and on the portal what docs/glossary.md says", () => {
    const glossary = readFileSync("../docs/glossary.md", "utf8").replaceAll("**", "").replaceAll("{n} s", "3 s").replaceAll("{n}秒", "3秒");
    for (const { reveal, creating } of Object.values(languages)) {
      for (const sentence of [reveal.safe, reveal.noCopyNeeded, reveal.oneCopy, reveal.pasteNow(3), creating.portal]) {
        expect(glossary).toContain(sentence);
      }
    }
  });

  test("tell in both languages every reason and finding that the core gives, with the same names and values", () => {
    const given = remarksOfTheCore();
    expect(given.size).toBeGreaterThan(60);
    for (const [code, words] of given) {
      const sentence = languages["zh-Hant"].reasons[code];
      expect(sentence, `${code} has no sentence`).toBeTruthy();
      expect(gaps(sentence ?? ""), code).toEqual(words);
      const own = languages.en.reasons[code];
      if (own) expect(gaps(own), code).toEqual(words);
    }
  });

  test("tell in both languages everything that is put right in a key", () => {
    const intake = readFileSync("../crates/core/src/keypair/intake.rs", "utf8");
    const codes = [...intake.matchAll(/=> "(\w+)", "/g)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    for (const texts of Object.values(languages)) expect(Object.keys(texts.keyPairs.repairs)).toEqual(codes);
  });

  test("tell a reason with its names and values, in either language", () => {
    const remark = { code: "valuesMissing", text: "Missing: sandbox API key.", words: { values: PATHS.sandboxApiKey } };
    expect(toldRemark(remark, languages["zh-Hant"])).toEqual({ text: `缺少：${languages["zh-Hant"].values.names.sandboxApiKey}。`, lang: undefined });
    expect(toldRemark(remark, languages.en)).toEqual({ text: remark.text, lang: "en" });
    const late = { code: "timedOut", text: "The server did not answer in time (login)." };
    expect(toldRemark(late, languages["zh-Hant"]).text).toBe("伺服器沒有及時回應。");
    const old = { code: "otherMageId", text: "The data space belongs to A, the account is B." };
    expect(toldRemark(old, languages["zh-Hant"])).toEqual({ text: old.text, lang: "en" });
  });

  test("are all used", () => {
    const sources = files("src").filter((path) => !/i18n.(en|zh-Hant)/.test(path) && !path.endsWith(".test.ts"));
    const source = sources.map((path) => readFileSync(path, "utf8")).join("\n");
    // Keys under these are chosen by a value of the contract, so their names stand nowhere.
    const chosen = [
      /^app\.(board|keyPairs|dataSpaces|history|settings)$/,
      /^connection\.(next|resync\.outcomes|evidence\.(words|plan|detach|move|repair|resync|edit|adopt|assign|remove|check))/,
      /^connection\.(states|lights)/,
      /^dataSpaces\.(types|only)/,
      /^errors\.[^.]+/,
      /^fields\.(labels|problems|shapes)/,
      /^guards\.(cases|effects)/,
      /^guide\.(steps|why|acts|messages|ask\.people)/,
      /^instances\.roles/,
      /^journal\.(actions|verified|filter\.periods|saving\.formats)/,
      /^handOver\.withoutApp|keyLife\.(origins|exportThere|stages|oldPair|members|atAdobe|unseen)|reveal\.copies|keyPairs\.(columns|repairs|purposes|states|from|answers)/,
      /^nextSteps/,
      /^push\.(also|leads|outcomes|steps|kinds|titles)/,
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

/**
 * Every reason and finding in the core's own source with the names of its words: where a remark is
 * made, and in the lists of those whose code comes from elsewhere.
 */
function remarksOfTheCore(): Map<string, string[]> {
  const read = (path: string) => readFileSync(`../crates/core/src/${path}`, "utf8");
  const found = new Map<string, string[]>();
  for (const path of files("../crates/core/src/connection")) {
    const source = readFileSync(path, "utf8").split("#[cfg(test)]")[0] ?? "";
    for (const made of source.split("Remark::new(").slice(1)) {
      const code = /^\s*"(\w+)"/.exec(made)?.[1];
      const end = made.search(/;\n|\n\}/);
      const words = [...made.slice(0, end < 0 ? undefined : end).matchAll(/\.with\("(\w+)"/g)].map(([, name]) => name ?? "");
      if (code) found.set(code, [...new Set([...(found.get(code) ?? []), ...words])].sort());
    }
  }
  const codes = (source: string, from: string, pattern: RegExp) => [...(source.slice(source.indexOf(from)).split("\n}\n")[0] ?? "").matchAll(pattern)];
  const error = read("error.rs");
  const detailed = codes(error, "fn transport_words(", /TransportError::(\w+) \{ (?:during: )?(\w+)/g).map(([, name, word]) => [name, word] as const);
  for (const [, name, code] of codes(error, "pub fn transport_code(", /TransportError::(\w+)(?: \{ \.\. \})? => "(\w+)"/g)) {
    const word = new Map(detailed).get(name);
    if (code) found.set(code, word ? [word] : []);
  }
  for (const [, code] of codes(read("ports/gateway.rs"), "impl Rejection", /Rejection::\w+ => "(\w+)"/g)) if (code) found.set(code, ["kind"]);
  const silent = { shopSendsElsewhere: ["host"], shopTimedOut: [], shopSaysNothing: [] } as Record<string, string[]>;
  for (const [, code] of codes(read("ports/storefront.rs"), "impl StorefrontError", /StorefrontError::\w+(?: \{ \.\. \})? => "(\w+)"/g)) if (code) found.set(code, silent[code] ?? ["detail"]);
  const notices = codes(read("connection/remarks.rs"), "fn notice_word(", /((?:"\w+"(?: \| )?)+) => Some\("(\w+)"\)/g);
  const word = (code: string) => notices.filter(([, all]) => all?.includes(`"${code}"`)).map(([, , name]) => name ?? "");
  for (const [, code] of (/NOTICES: [^=]*= \[([^\]]*)\]/.exec(read("look.rs"))?.[1] ?? "").matchAll(/"(\w+)"/g)) if (code && !found.has(code)) found.set(code, word(code));
  return found;
}

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}
