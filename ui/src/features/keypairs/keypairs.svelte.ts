import { asIpcError, type Backend } from "../../api/backend";
import type { IpcError } from "../../api/generated/IpcError";
import type { KeyPairRow } from "../../api/generated/KeyPairRow";

/** The key pairs as last read, and what can be done with one. */
export class KeyPairs {
  rows: KeyPairRow[] | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  readAt: number = $state(Date.now());
  /** The pair Adobe is being asked about. */
  asking: string | null = $state(null);
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Reads them again. */
  async read(): Promise<void> {
    try {
      this.rows = await this.#backend.listKeyPairs();
      this.readAt = Date.now();
      this.error = null;
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  /** Asks Adobe about a pair. */
  async verify(keyPair: string): Promise<void> {
    this.asking = keyPair;
    await this.#change(() => this.#backend.verifyKeyPair(keyPair));
    this.asking = null;
  }

  /** Removes a pair from this computer. */
  async remove(keyPair: string): Promise<void> {
    await this.#change(() => this.#backend.removeKeyPair(keyPair));
  }

  async #change(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
      await this.read();
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }
}
