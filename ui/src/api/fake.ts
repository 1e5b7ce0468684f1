import { BackendError, type Backend } from "./backend";
import type { InstanceRow } from "./generated/InstanceRow";
import type { IpcError } from "./generated/IpcError";
import type { WindowPreferences } from "./generated/WindowPreferences";

/** The same interface in memory, for tests and for working on the window in a browser. */
export class FakeBackend implements Backend {
  rows: InstanceRow[];
  preferences: WindowPreferences = { language: null, theme: "system" };
  #nextError: IpcError | undefined;

  constructor(rows: InstanceRow[] = []) {
    this.rows = rows;
  }

  /** Makes the next call fail with `error`; the call after it works again. */
  failNext(error: IpcError): void {
    this.#nextError = error;
  }

  async listInstances(): Promise<InstanceRow[]> {
    this.#fail();
    return structuredClone(this.rows);
  }

  async windowPreferences(): Promise<WindowPreferences> {
    this.#fail();
    return structuredClone(this.preferences);
  }

  async setWindowPreferences(preferences: WindowPreferences): Promise<void> {
    this.#fail();
    this.preferences = structuredClone(preferences);
  }

  #fail(): void {
    const error = this.#nextError;
    this.#nextError = undefined;
    if (error) throw new BackendError(error);
  }
}

/** A row with everything ordinary, but what `different` says. */
export function row(different: Partial<InstanceRow> & { name: string }): InstanceRow {
  return {
    id: different.name,
    role: "live",
    account: "Nordlys Group",
    address: "nordlys",
    watchOnly: false,
    dataSpace: null,
    state: "unknown",
    light: "needsALook",
    reason: { code: "neverChecked", text: "It was never checked." },
    findings: [],
    provenAt: null,
    connectedAt: null,
    ...different,
  };
}
