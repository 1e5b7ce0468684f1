import type { Trouble } from "../api/generated/Trouble";

/** The one question about the keychain; whatever fails meanwhile waits for the same answer. */
export class KeychainQuestion {
  trouble: Trouble | null = $state.raw(null);
  #waiting: ((again: boolean) => void)[] = [];

  /** Asks whether to try again. */
  ask(trouble: Trouble): Promise<boolean> {
    this.trouble = trouble;
    return new Promise((answer) => this.#waiting.push(answer));
  }

  /** The answer of the person. */
  answer(again: boolean): void {
    this.trouble = null;
    for (const waiting of this.#waiting.splice(0)) waiting(again);
  }
}
