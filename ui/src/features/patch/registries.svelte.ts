import { asIpcError, type Backend } from "../../api/backend";
import type { IpcError } from "../../api/generated/IpcError";
import type { Registered } from "./patch";

/** What Adobe's registries answered, for every account at once. Asked only when a person asks. */
export class Registries {
  answers: Registered[] = $state.raw([]);
  error: IpcError | null = $state.raw(null);
  asking: boolean = $state(false);
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Asks for every account; what one of them refuses does not hide what the others answer. */
  async ask(): Promise<void> {
    this.asking = true;
    this.error = null;
    try {
      const accounts = await this.#backend.listAccounts();
      const asked = await Promise.allSettled(
        accounts.map(async (account) => ({ account: account.label, page: await this.#backend.listDataSpaces(account.id) })),
      );
      this.answers = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      const failed = asked.find((each) => each.status === "rejected");
      if (failed) this.error = asIpcError(failed.reason);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
    this.asking = false;
  }
}
