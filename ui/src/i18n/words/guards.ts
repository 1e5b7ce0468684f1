import type { GuardSaid } from "../../api/generated/GuardSaid";
import type { Texts } from "..";
import { fill, type Told } from "./fill";
import { valueName } from "./values";

/** What a guard says, in the sentences of docs/glossary.md; of an unknown case, the core's own. */
export function toldGuard(guard: GuardSaid, instance: string, texts: Texts): Told {
  const sentences: Readonly<Record<string, string | undefined>> = texts.guards.cases;
  const sentence = Object.hasOwn(sentences, guard.case) ? sentences[guard.case] : undefined;
  if (!sentence) return { text: guard.text, lang: "en" };
  const words: Record<string, string> = { instance };
  for (const [name, word] of Object.entries(guard.words)) words[name] = shown(name, word, texts);
  return { text: fill(sentence, words), lang: undefined };
}

/** Roles, purposes and paths come as codes, several of them joined by commas. */
function shown(name: string, word: string, texts: Texts): string {
  const roles: Readonly<Record<string, string>> = texts.instances.roles;
  const purposes: Readonly<Record<string, string>> = texts.keyPairs.purposes;
  const each = (name: (code: string) => string) => word.split(",").map(name).join(texts.guards.between);
  if (name === "role") return each((code) => roles[code] ?? code);
  if (name === "kind" || name === "kinds") return each((code) => purposes[code] ?? code);
  if (name === "value" || name === "values") return each((path) => valueName(path, texts));
  return word;
}
