import type { Backend } from "../../api/backend";
import type { BoardView } from "../../api/generated/BoardView";
import type { Language } from "../../api/generated/Language";
import type { Theme } from "../../api/generated/Theme";
import type { WindowPreferences } from "../../api/generated/WindowPreferences";
import { systemLanguage } from "../../i18n";
import { speech } from "../../i18n/speech.svelte";

/** Cables are followed by eye up to about this many instances. */
const PATCH_AT_MOST = 0;

/** What the person chose for the window; a choice takes effect at once and is then saved. */
export class Preferences {
  chosen: WindowPreferences = $state.raw({ language: null, theme: "system", board: null, knowsTheWay: false });
  /** Whether the last choice could not be saved for the next start. */
  notSaved: boolean = $state(false);
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Takes over what was saved; without an answer the system's own choices hold. */
  async read(): Promise<void> {
    try {
      this.chosen = await this.#backend.windowPreferences();
    } catch {
      // The board says what is wrong with the records; the window still opens in some language.
    }
    this.#apply();
  }

  /** Speaks `language` from now on; `null` follows the system. */
  async speak(language: Language | null): Promise<void> {
    await this.#choose({ ...this.chosen, language });
  }

  /** Looks like `theme` from now on. */
  async look(theme: Theme): Promise<void> {
    await this.#choose({ ...this.chosen, theme });
  }

  /** Sends the guide to the first connection away. */
  async knowTheWay(): Promise<void> {
    await this.#choose({ ...this.chosen, knowsTheWay: true });
  }

  /** How the board is drawn while it shows this many instances. */
  boardOf(instances: number): BoardView {
    return this.chosen.board ?? (instances <= PATCH_AT_MOST ? "patch" : "list");
  }

  /** Draws the board like this from now on. */
  async draw(board: BoardView): Promise<void> {
    await this.#choose({ ...this.chosen, board });
  }

  async #choose(chosen: WindowPreferences): Promise<void> {
    this.chosen = chosen;
    this.#apply();
    try {
      await this.#backend.setWindowPreferences(chosen);
      this.notSaved = false;
    } catch {
      this.notSaved = true;
    }
  }

  #apply(): void {
    speech.language = this.chosen.language ?? systemLanguage(navigator.languages);
    const root = document.documentElement;
    root.lang = speech.language;
    if (this.chosen.theme === "system") root.removeAttribute("data-theme");
    else root.dataset.theme = this.chosen.theme;
  }
}
