/**
 * A long id for reading: groups of four, first and last eight. A UUID keeps its own groups; what
 * is short, or no hexadecimal text, stays as it is.
 */
export function grouped(text: string): string {
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text)) return `${text.slice(0, 8)} … ${text.slice(-8)}`;
  if (!/^[0-9a-f]{20,}$/i.test(text)) return text;
  const fours = (part: string) => part.replace(/(.{4})(?=.)/g, "$1 ");
  return `${fours(text.slice(0, 8))} … ${fours(text.slice(-8))}`;
}
