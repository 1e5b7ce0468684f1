import type { Language } from "../api/generated/Language";
import { en } from "./en";
import { zhHant } from "./zh-Hant";

/** Every text of the window. English is the shape; a language that lacks one does not compile. */
export type Texts = typeof en;

/** Every language, by its code. */
export const languages: Record<Language, Texts> = { en, "zh-Hant": zhHant };

/** The language of the system, as far as the window speaks it. */
export function systemLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const parts = tag.toLowerCase().split("-");
    // Simplified Chinese readers are better served by the script they can read than by none.
    if (parts[0] === "zh") return "zh-Hant";
    if (parts[0] === "en") return "en";
  }
  return "en";
}

/** The age of a moment in words: "3 min. ago". Never in the future, whatever the clocks say. */
export function age(since: string, now: number, language: Language): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  const format = new Intl.RelativeTimeFormat(language === "en" ? "en" : "zh-TW", {
    numeric: "always",
    style: "short",
  });
  const [size, unit] = unitOf(seconds);
  const words = format.format(-Math.round(seconds / size), unit);
  // Chinese is written without a space after a figure here, see docs/glossary.md.
  return language === "en" ? words : words.replaceAll(" ", "");
}

function unitOf(seconds: number): [number, Intl.RelativeTimeFormatUnit] {
  if (seconds < 60) return [1, "second"];
  if (seconds < 3600) return [60, "minute"];
  if (seconds < 48 * 3600) return [3600, "hour"];
  return [86_400, "day"];
}
