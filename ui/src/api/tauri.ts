import { invoke } from "@tauri-apps/api/core";

import { asIpcError, BackendError, type Backend } from "./backend";
import type { InstanceRow } from "./generated/InstanceRow";
import type { WindowPreferences } from "./generated/WindowPreferences";

async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw new BackendError(asIpcError(thrown));
  }
}

/** The core behind the real window. */
export const tauriBackend: Backend = {
  listInstances: () => ask<InstanceRow[]>("list_instances"),
  windowPreferences: () => ask<WindowPreferences>("window_preferences"),
  setWindowPreferences: (preferences) => ask("set_window_preferences", { preferences }),
};
