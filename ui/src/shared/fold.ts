/** Text for comparing: without case, marks and width, as people type it. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether every word of `wanted` stands somewhere in `text`. */
export function holdsWords(text: string, wanted: string): boolean {
  const folded = fold(text);
  return fold(wanted).split(/\s+/).filter(Boolean).every((word) => folded.includes(word));
}
