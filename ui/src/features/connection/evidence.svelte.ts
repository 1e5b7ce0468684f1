import { asIpcError, type Backend } from "../../api/backend";
import type { Answer } from "../../api/generated/Answer";
import type { InstancePage } from "../../api/generated/InstancePage";
import type { IpcError } from "../../api/generated/IpcError";

/** Everything about the chosen instance, as last read; the last truth stays while it is read again. */
export class Evidence {
  chosen: string | null = $state(null);
  page: InstancePage | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  readAt: number = $state(Date.now());
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Chooses an instance, or none. */
  async choose(instance: string | null): Promise<void> {
    this.chosen = instance;
    this.error = null;
    if (this.page?.instance.id !== instance) this.page = null;
    await this.read();
  }

  /** Reads the chosen instance again; an answer about one that is no longer chosen is dropped. */
  async read(): Promise<void> {
    const instance = this.chosen;
    if (instance === null) return;
    try {
      const page = await this.#backend.instancePage(instance);
      if (this.chosen !== instance) return;
      this.page = page;
      this.readAt = Date.now();
      this.error = null;
    } catch (thrown) {
      if (this.chosen === instance) this.error = asIpcError(thrown);
    }
  }

  /** Answers what only a person knows, and reads again. */
  answer(answer: Answer): Promise<void> {
    return this.#do((instance) => this.#backend.answer({ instance, answer }));
  }

  /** What it holds becomes what it should hold. */
  acceptDrift(): Promise<void> {
    return this.#do((instance) => this.#backend.acceptDrift(instance));
  }

  /** Hears of this difference only in some days. */
  remindLater(days: number): Promise<void> {
    return this.#do((instance) => this.#backend.remindAboutDrift({ instance, days }));
  }

  async #do(what: (instance: string) => Promise<unknown>): Promise<void> {
    const instance = this.chosen;
    if (instance === null) return;
    try {
      await what(instance);
      await this.read();
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }
}
