import { asIpcError, type Backend } from "../../api/backend";
import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { IpcError } from "../../api/generated/IpcError";

/** The board as last read. While it is read again, and when that fails, the last truth stays. */
export class Board {
  rows: InstanceRow[] | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  reading: boolean = $state(false);
  /** The moment by which ages are told. */
  readAt: number = $state(Date.now());
  readonly #backend: Backend;
  /** Something changed while the rows were being read, so what comes may be old already. */
  #again = false;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Reads the rows again; calls while one runs are answered by one more reading after it. */
  async read(): Promise<void> {
    this.#again = true;
    if (this.reading) return;
    this.reading = true;
    while (this.#again) {
      this.#again = false;
      await this.#readOnce();
    }
    this.reading = false;
  }

  /** Time went by: ages are told anew. */
  age(): void {
    this.readAt = Date.now();
  }

  async #readOnce(): Promise<void> {
    try {
      this.rows = await this.#backend.listInstances();
      this.error = null;
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
    this.readAt = Date.now();
  }
}
