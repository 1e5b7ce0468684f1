import type { Language } from "../api/generated/Language";
import { age, languages, type Texts } from ".";

/** The language spoken now; every view follows a change without a restart. */
class Speech {
  language: Language = $state("en");
  /** The texts of that language. */
  readonly texts: Texts = $derived(languages[this.language]);

  /** The age of a moment, in that language. */
  age(since: string, now: number): string {
    return age(since, now, this.language);
  }
}

/** The one speech of this window. */
export const speech = new Speech();
