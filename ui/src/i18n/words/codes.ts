import type { Texts } from "..";
import { fill } from "./fill";
import { valueName } from "./values";

/**
 * The words of a sentence as they are shown: roles, purposes and paths come as codes, several of them joined by
 * commas, and a `why` may be the code of another reason, whose words stand beside it.
 */
export function wordsFor(words: Readonly<Record<string, string>>, texts: Texts): Record<string, string> {
  const all = Object.fromEntries(Object.entries(words).map(([name, word]) => [name, shown(name, word, texts)]));
  const reason = all["why"] === undefined ? undefined : texts.reasons[all["why"]];
  return reason ? { ...all, why: fill(reason, all) } : all;
}

function shown(name: string, word: string, texts: Texts): string {
  const roles: Readonly<Record<string, string>> = texts.instances.roles;
  const purposes: Readonly<Record<string, string>> = texts.keyPairs.purposes;
  const each = (say: (code: string) => string) => word.split(",").map(say).join(texts.guards.between);
  if (name === "role") return each((code) => roles[code] ?? code);
  if (name === "kind" || name === "kinds") return each((code) => purposes[code] ?? code);
  if (name === "value" || name === "values") return each((path) => valueName(path, texts));
  return word;
}
