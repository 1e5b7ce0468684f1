import type { InstanceRow } from "./generated/InstanceRow";
import type { IpcError } from "./generated/IpcError";
import type { WindowPreferences } from "./generated/WindowPreferences";

/**
 * Everything the window may ask of the core, as one interface.
 *
 * Each call either answers or rejects with a {@link BackendError}. The core owns the truth; what
 * comes back is a picture of it, to be shown and not edited.
 */
export interface Backend {
  /** Every instance, by name, as it stands now. */
  listInstances(): Promise<InstanceRow[]>;
  /** What the person chose for the window. */
  windowPreferences(): Promise<WindowPreferences>;
  /** Remembers what the person chose for the window. */
  setWindowPreferences(preferences: WindowPreferences): Promise<void>;
}

/** Why a call failed; `reason.code` decides how it is shown. */
export class BackendError extends Error {
  readonly reason: IpcError;

  constructor(reason: IpcError) {
    super(reason.code);
    this.name = "BackendError";
    this.reason = reason;
  }
}

const CODES: Record<IpcError["code"], true> = {
  dataDirectoryUnusable: true,
  dataDirectoryNewer: true,
  internal: true,
};

/** What was thrown, as an error of the contract; anything unexpected becomes `internal`. */
export function asIpcError(thrown: unknown): IpcError {
  if (thrown instanceof BackendError) return thrown.reason;
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) {
    const { code } = thrown;
    if (typeof code === "string" && Object.hasOwn(CODES, code)) return thrown as IpcError;
  }
  return { code: "internal" };
}
