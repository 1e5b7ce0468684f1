import type { Remark } from "../../api/generated/Remark";
import type { Trouble } from "../../api/generated/Trouble";
import type { Texts } from "..";
import { fill, gaps, type Told } from "./fill";
import { wordsFor } from "./codes";

/**
 * A reason or finding with the names and values that are in it. The core's own sentence where the
 * language has none for its code, or where something written down earlier lacks the words.
 */
export function toldRemark(remark: Remark, texts: Texts): Told {
  const sentence = texts.reasons[remark.code];
  const words = wordsFor(remark.words ?? {}, texts);
  const told = sentence && withoutUntold(sentence, words);
  return told ? { text: fill(told, words), lang: undefined } : { text: remark.text, lang: "en" };
}

/** What was put right in a private key that was brought. */
export function toldRepair(repair: Remark, texts: Texts): Told {
  const sentences: Readonly<Record<string, string | undefined>> = texts.keyPairs.repairs;
  const sentence = Object.hasOwn(sentences, repair.code) ? sentences[repair.code] : undefined;
  return sentence ? { text: sentence, lang: undefined } : { text: repair.text, lang: "en" };
}

/** What went wrong and what to do about it. */
export function toldTrouble(trouble: Trouble, texts: Texts): Told {
  const words = wordsFor(trouble.words ?? {}, texts);
  const sentence = texts.troubles[trouble.code] ?? texts.reasons[trouble.code];
  const said = sentence && withoutUntold(sentence, words);
  const next = texts.nextSteps[trouble.code];
  if (said) return { text: next ? `${fill(said, words)}${next}` : fill(said, words), lang: undefined };
  return { text: `${trouble.text} ${next ?? trouble.next}`, lang: "en" };
}

/** The sentence without what it adds in brackets, where that is not known; nothing where the rest lacks a word. */
function withoutUntold(sentence: string, words: Readonly<Record<string, string>>): string | undefined {
  const known = (part: string) => gaps(part).every((name) => Object.hasOwn(words, name));
  const kept = sentence.replace(/（[^）]*）/g, (aside) => (known(aside) ? aside : ""));
  return known(kept) ? kept : undefined;
}
