import { asIpcError, type Backend } from "../../api/backend";
import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { IpcError } from "../../api/generated/IpcError";

/** The board as last read. While it is read again, and when that fails, the last truth stays. */
export class Board {
  rows: InstanceRow[] | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  reading: boolean = $state(false);
  /** When the rows were read, for telling ages. */
  readAt: number = $state(Date.now());
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Reads the rows again; a second call while one runs does nothing. */
  async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      this.rows = await this.#backend.listInstances();
      this.readAt = Date.now();
      this.error = null;
    } catch (thrown) {
      this.error = asIpcError(thrown);
    } finally {
      this.reading = false;
    }
  }
}
