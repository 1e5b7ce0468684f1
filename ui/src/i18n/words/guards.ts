import type { AlsoDone } from "../../api/generated/AlsoDone";
import type { GuardSaid } from "../../api/generated/GuardSaid";
import type { Texts } from "..";
import { wordsFor } from "./codes";
import { fill, type Told } from "./fill";

/** What a guard says, in the sentences of docs/glossary.md; of an unknown case, the core's own. */
export function toldGuard(guard: GuardSaid, instance: string, texts: Texts): Told {
  const sentences: Readonly<Record<string, string | undefined>> = texts.guards.cases;
  const sentence = Object.hasOwn(sentences, guard.case) ? sentences[guard.case] : undefined;
  if (!sentence) return { text: guard.text, lang: "en" };
  return { text: fill(sentence, { instance, ...wordsFor(guard.words, texts) }), lang: undefined };
}

/** What else carrying a plan out does; of an unknown case, the core's own sentence. */
export function toldAlso(also: AlsoDone, texts: Texts): Told {
  const sentences: Readonly<Record<string, string | undefined>> = texts.push.also;
  const sentence = Object.hasOwn(sentences, also.case) ? sentences[also.case] : undefined;
  if (!sentence) return { text: also.text, lang: "en" };
  return { text: fill(sentence, also.words), lang: undefined };
}
