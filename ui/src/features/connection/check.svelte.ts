import { SvelteSet } from "svelte/reactivity";

import { asIpcError, type Backend } from "../../api/backend";
import type { IpcError } from "../../api/generated/IpcError";
import type { RunEvent } from "../../api/generated/RunEvent";

/** A check as it runs: which instances are under way, how many are done, and how to stop it. */
export class Checks {
  /** The instances that are being checked now. */
  readonly underWay = new SvelteSet<string>();
  done: number = $state(0);
  all: number = $state(0);
  running: boolean = $state(false);
  error: IpcError | null = $state.raw(null);
  #run: string | null = null;
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Checks these instances; a second call while one runs does nothing. */
  async start(instances: readonly string[]): Promise<void> {
    if (this.running || instances.length === 0) return;
    this.running = true;
    this.error = null;
    this.done = 0;
    this.all = instances.length;
    try {
      await this.#backend.check([...instances], (event) => this.#heard(event));
    } catch (thrown) {
      this.error = asIpcError(thrown);
    } finally {
      this.running = false;
      this.underWay.clear();
      this.#run = null;
    }
  }

  /** Stops what has not begun; what has begun ends. */
  async stop(): Promise<void> {
    if (this.#run === null) return;
    try {
      await this.#backend.cancel(this.#run);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  #heard(event: RunEvent): void {
    if (event.event === "begun") {
      this.#run = event.run;
      return;
    }
    if (event.step === "done") {
      this.underWay.delete(event.instance);
      this.done += 1;
    } else this.underWay.add(event.instance);
  }
}
