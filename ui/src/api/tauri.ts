import { Channel, invoke } from "@tauri-apps/api/core";

import { asIpcError, BackendError, type Backend, type Stop } from "./backend";
import type { DropEvent } from "./generated/DropEvent";
import type { PortalEvent } from "./generated/PortalEvent";
import type { ResyncEvent } from "./generated/ResyncEvent";
import type { RunEvent } from "./generated/RunEvent";

async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw new BackendError(asIpcError(thrown));
  }
}

/** Asks with a channel for what is heard while the command runs. */
function run<T>(command: string, request: unknown, onEvent: (event: RunEvent) => void): Promise<T> {
  return ask(command, { request, progress: new Channel<RunEvent>(onEvent) });
}

/** Listens until it is stopped; a listener that was stopped hears nothing more. */
async function listen<T>(start: string, stop: string, heard: (event: T) => void): Promise<Stop> {
  let stopped = false;
  const events = new Channel<T>((event) => {
    if (!stopped) heard(event);
  });
  const listener = await ask<number>(start, { events });
  return () => {
    if (stopped) return;
    stopped = true;
    // Nothing depends on it: a listener that stays is replaced by the next one.
    ask(stop, { request: { listener } }).catch(() => undefined);
  };
}

/** The core behind the real window. */
export const tauriBackend: Backend = {
  listAccounts: () => ask("list_accounts"),
  addAccount: (request) => ask("add_account", { request }),

  listKeyPairs: () => ask("list_key_pairs"),
  pickPrivateKey: () => ask("pick_private_key"),
  pastePrivateKey: () => ask("paste_private_key"),
  receiveDrops: (onDrop) => listen<DropEvent>("receive_drops", "stop_drops", onDrop),
  confirmIntake: (request) => ask("confirm_intake", { request }),
  discardIntake: (intake) => ask("discard_intake", { request: { intake } }),
  verifyKeyPair: (keyPair) => ask("verify_key_pair", { request: { keyPair } }),
  keyPairPage: (keyPair) => ask("key_pair_page", { request: { keyPair } }),
  retireKeyPair: (keyPair) => ask("retire_key_pair", { request: { keyPair } }),
  loseKeyPair: (keyPair) => ask("lose_key_pair", { request: { keyPair } }),
  deleteAtAdobe: (request) => ask("delete_at_adobe", { request }),
  beginReplacement: (keyPair) => ask("begin_replacement", { request: { keyPair } }),
  chooseReplacement: (request) => ask("choose_replacement", { request }),
  carryReplacement: (request, onEvent) => run("carry_replacement", request, onEvent),
  abandonReplacement: (keyPair) => ask("abandon_replacement", { request: { keyPair } }),
  listHandOvers: () => ask("list_hand_overs"),
  requestKeys: (request) => ask("request_keys", { request }),
  cancelKeyRequest: (request) => ask("cancel_key_request", { request: { request } }),
  readRequestCode: (code) => ask("read_request_code", { request: { code } }),
  sealHandOver: (request) => ask("seal_hand_over", { request }),
  openHandOver: () => ask("open_hand_over"),
  takeReceipt: (receipt) => ask("take_receipt", { request: { receipt } }),
  keysWith: (peer, start) => ask("keys_with", { request: { peer, start } }),
  forgetAccount: (request) => ask("forget_account", { request }),
  removeKeyPair: (keyPair) => ask("remove_key_pair", { request: { keyPair } }),

  copyPlaces: () => ask("copy_places"),
  chooseKeyFile: (keyPair) => ask("choose_key_file", { request: { keyPair } }),
  copyPrivateKey: (request) => ask("copy_private_key", { request }),
  waiveCopy: (keyPair) => ask("waive_copy", { request: { keyPair } }),
  clearClipboard: () => ask("clear_clipboard"),

  waysToCreate: (account) => ask("ways_to_create", { request: { account } }),
  generateKeyPair: (request) => ask("generate_key_pair", { request }),
  openPortal: (request, onEvent) => ask("open_portal", { request, events: new Channel<PortalEvent>(onEvent) }),
  closePortal: () => ask("close_portal"),
  answerOrigin: (request) => ask("answer_origin", { request }),
  openInBrowser: (account) => ask("open_in_browser", { request: { account } }),
  keepCreatedIntake: (request) => ask("keep_created_intake", { request }),
  completeKeyPair: (keyPair, apiKey) => ask("complete_key_pair", { request: { keyPair, apiKey } }),

  listInstances: () => ask("list_instances"),
  instancePage: (instance) => ask("instance_page", { request: { instance } }),
  findInstances: (request) => ask("find_instances", { request }),
  probe: (request) => ask("probe_instance", { request }),
  hostKeys: (request) => ask("host_keys", { request }),
  trustHostKey: (request) => ask("trust_host_key", { request }),
  addInstance: (request) => ask("add_instance", { request }),
  editInstance: (request) => ask("edit_instance", { request }),
  removeInstance: (instance) => ask("remove_instance", { request: { instance } }),
  adoptInstance: (request) => ask("adopt_instance", { request }),
  repinInstance: (request) => ask("repin_instance", { request }),
  answer: (request) => ask("answer_about_instance", { request }),
  acceptDrift: (instance) => ask("accept_drift", { request: { instance } }),
  remindAboutDrift: (request) => ask("remind_about_drift", { request }),
  lookAtShop: (request) => ask("look_at_shop", { request }),

  listDataSpaces: (account) => ask("list_data_spaces", { request: { account } }),
  createProject: (request) => ask("create_project", { request }),
  assign: (request) => ask("assign", { request }),

  plan: (request) => ask("plan_push", { request }),
  push: (request, onEvent) => run("push_config", request, onEvent),
  planDetach: (instance) => ask("plan_detach", { request: { instance } }),
  detach: (agreement, onEvent) => run("detach_instance", agreement, onEvent),
  planUndo: (request) => ask("plan_undo", { request }),
  undo: (request, onEvent) => run("undo_push", request, onEvent),
  planMove: (request) => ask("plan_move", { request }),
  move: (request, onEvent) => run("move_instance", request, onEvent),
  planRepair: (instance) => ask("plan_repair", { request: { instance } }),
  repair: (request, onEvent) => run("repair_instance", request, onEvent),
  resync: (request, onEvent) => ask("resync_catalogue", { request, progress: new Channel<ResyncEvent>(onEvent) }),
  failedOfLastPush: () => ask("failed_of_last_push"),
  cancel: (runId) => ask("cancel_run", { request: { run: runId } }),

  check: (instances, onEvent) => run("check_instances", { instances }, onEvent),
  lookAfter: () => ask("look_after"),
  watchRecords: (onChange) => listen<null>("watch_records", "stop_watching", () => onChange()),

  listJournal: (request) => ask("list_journal", { request }),
  exportJournal: (request) => ask("export_journal", { request }),
  verifyJournal: () => ask("verify_journal"),

  listSettings: () => ask("list_settings"),
  setSetting: (key, value) => ask("set_setting", { request: { key, value } }),
  windowPreferences: () => ask("window_preferences"),
  openDemo: () => ask("open_demo"),
  // The shell says so before the page draws.
  isDemo: () => "patchbayDemo" in window,
  setWindowPreferences: (request) => ask("set_window_preferences", { request }),
};
