/** The sentence with its gaps filled; a gap that nobody fills stays visible as `…`. */
export function fill(sentence: string, words: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => (Object.hasOwn(words, name) ? (words[name] ?? "…") : "…"));
}

/** The names of a sentence's gaps, each once, in order. */
export function gaps(sentence: string): string[] {
  return [...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""))].sort();
}

/** Something the core said, in the language that is spoken; `lang` where it is in another one. */
export interface Told {
  text: string;
  lang: string | undefined;
}
