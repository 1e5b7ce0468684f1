import { asIpcError, type Backend } from "../../api/backend";
import type { IpcError } from "../../api/generated/IpcError";
import type { JournalEntry } from "../../api/generated/JournalEntry";
import type { JournalVerified } from "../../api/generated/JournalVerified";

/** How many entries are read at once. */
const STRETCH = 50;

/** The journal as last read, newest first. */
export class Journal {
  entries: JournalEntry[] | null = $state.raw(null);
  total: number = $state(0);
  readAt: number = $state(Date.now());
  error: IpcError | null = $state.raw(null);
  verified: JournalVerified["result"] | null = $state(null);
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Reads as many entries as were shown, from the newest. */
  async read(): Promise<void> {
    await this.#take(0, Math.max(STRETCH, this.entries?.length ?? 0), []);
  }

  /** Reads the stretch that follows. */
  async more(): Promise<void> {
    const known = this.entries ?? [];
    await this.#take(known.length, STRETCH, known);
  }

  /** Asks whether the journal is whole. */
  async verify(): Promise<void> {
    try {
      this.verified = (await this.#backend.verifyJournal()).result;
      this.error = null;
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  async #take(skip: number, limit: number, before: readonly JournalEntry[]): Promise<void> {
    try {
      const page = await this.#backend.listJournal({ instance: null, skip, limit });
      this.entries = [...before, ...page.entries];
      this.total = page.total;
      this.readAt = Date.now();
      this.error = null;
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }
}
