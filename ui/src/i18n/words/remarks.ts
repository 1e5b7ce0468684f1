import type { Remark } from "../../api/generated/Remark";
import type { Trouble } from "../../api/generated/Trouble";
import type { Texts } from "..";
import { fill, type Told } from "./fill";

/** A reason or finding; the core's own sentence where the language has none for its code. */
export function toldRemark(remark: Remark, texts: Texts): Told {
  const told = texts.reasons[remark.code];
  return told ? { text: told, lang: undefined } : { text: remark.text, lang: "en" };
}

/** What went wrong and what to do about it. */
export function toldTrouble(trouble: Trouble, texts: Texts): Told {
  const said = texts.troubles[trouble.code] ?? texts.reasons[trouble.code];
  const next = texts.nextSteps[trouble.code];
  const words = trouble.words ?? {};
  if (said) return { text: next ? `${fill(said, words)}${next}` : fill(said, words), lang: undefined };
  return { text: `${trouble.text} ${next ?? trouble.next}`, lang: "en" };
}
