/** The sentence with its gaps filled; a gap that nobody fills stays visible as `…`. */
export function fill(sentence: string, words: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => (Object.hasOwn(words, name) ? (words[name] ?? "…") : "…"));
}

/** Something the core said, in the language that is spoken; `lang` where it is in another one. */
export interface Told {
  text: string;
  lang: string | undefined;
}
