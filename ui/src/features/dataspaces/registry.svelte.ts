import { asIpcError, type Backend } from "../../api/backend";
import type { IpcError } from "../../api/generated/IpcError";
import type { RegistryPage } from "../../api/generated/RegistryPage";

/** What Adobe's registry says of one account; the last answer stays while it is asked again. */
export class Registry {
  page: RegistryPage | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  asking: boolean = $state(false);
  #account = "";
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Asks about an account; an answer about another one that comes late is dropped. */
  async ask(account: string): Promise<void> {
    if (account !== this.#account) this.page = null;
    this.#account = account;
    await this.#take(() => this.#backend.listDataSpaces(account), account);
  }

  /** Creates a project with its standard data spaces. */
  async create(name: string, again: boolean): Promise<void> {
    const account = this.#account;
    await this.#take(() => this.#backend.createProject({ account, name, again }), account);
  }

  async #take(what: () => Promise<RegistryPage>, account: string): Promise<void> {
    this.asking = true;
    this.error = null;
    try {
      const page = await what();
      if (this.#account === account) this.page = page;
    } catch (thrown) {
      if (this.#account === account) this.error = asIpcError(thrown);
    }
    this.asking = false;
  }
}
