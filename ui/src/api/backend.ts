import type { AccountRow } from "./generated/AccountRow";
import type { AddedInstance } from "./generated/AddedInstance";
import type { AdoptedInstance } from "./generated/AdoptedInstance";
import type { Agreement } from "./generated/Agreement";
import type { AssignmentRow } from "./generated/AssignmentRow";
import type { AssignRequest } from "./generated/AssignRequest";
import type { ChangedInstance } from "./generated/ChangedInstance";
import type { ChosenFile } from "./generated/ChosenFile";
import type { ConfirmedIntake } from "./generated/ConfirmedIntake";
import type { CopyPlaces } from "./generated/CopyPlaces";
import type { CopyRequest } from "./generated/CopyRequest";
import type { CreatedIntake } from "./generated/CreatedIntake";
import type { CreateRequest } from "./generated/CreateRequest";
import type { DriftPage } from "./generated/DriftPage";
import type { DropEvent } from "./generated/DropEvent";
import type { ExportRequest } from "./generated/ExportRequest";
import type { FailedPush } from "./generated/FailedPush";
import type { FoundInstance } from "./generated/FoundInstance";
import type { HostKeyRow } from "./generated/HostKeyRow";
import type { InstanceAdopted } from "./generated/InstanceAdopted";
import type { InstanceAnswer } from "./generated/InstanceAnswer";
import type { InstanceDetails } from "./generated/InstanceDetails";
import type { InstancePage } from "./generated/InstancePage";
import type { InstanceRow } from "./generated/InstanceRow";
import type { Intake } from "./generated/Intake";
import type { IpcError } from "./generated/IpcError";
import type { JournalPage } from "./generated/JournalPage";
import type { JournalRequest } from "./generated/JournalRequest";
import type { JournalVerified } from "./generated/JournalVerified";
import type { KeyPairRow } from "./generated/KeyPairRow";
import type { KeyPairVerified } from "./generated/KeyPairVerified";
import type { MovePlanRequest } from "./generated/MovePlanRequest";
import type { MoveRequest } from "./generated/MoveRequest";
import type { LaterRequest } from "./generated/LaterRequest";
import type { NewAccount } from "./generated/NewAccount";
import type { NewInstance } from "./generated/NewInstance";
import type { NewProject } from "./generated/NewProject";
import type { OriginAnswer } from "./generated/OriginAnswer";
import type { Place } from "./generated/Place";
import type { PlanReport } from "./generated/PlanReport";
import type { PlanRequest } from "./generated/PlanRequest";
import type { PortalEvent } from "./generated/PortalEvent";
import type { ProbeResult } from "./generated/ProbeResult";
import type { PushDocument } from "./generated/PushDocument";
import type { PushRequest } from "./generated/PushRequest";
import type { RegistryPage } from "./generated/RegistryPage";
import type { RepairRequest } from "./generated/RepairRequest";
import type { RepinnedInstance } from "./generated/RepinnedInstance";
import type { ResyncDocument } from "./generated/ResyncDocument";
import type { ResyncEvent } from "./generated/ResyncEvent";
import type { ResyncRequest } from "./generated/ResyncRequest";
import type { RunEvent } from "./generated/RunEvent";
import type { SettingRow } from "./generated/SettingRow";
import type { ShopLook } from "./generated/ShopLook";
import type { ShopRequest } from "./generated/ShopRequest";
import type { SshDetails } from "./generated/SshDetails";
import type { StartFinding } from "./generated/StartFinding";
import type { TrustedHostKey } from "./generated/TrustedHostKey";
import type { UndoRequest } from "./generated/UndoRequest";
import type { UndoTarget } from "./generated/UndoTarget";
import type { WaysToCreate } from "./generated/WaysToCreate";
import type { WindowPreferences } from "./generated/WindowPreferences";
import type { KeyLife } from "./keyLife";

/** Ends what was begun: listening for drops or for changes. */
export type Stop = () => void;

/**
 * Everything the window may ask of the core, as one interface.
 *
 * Each call either answers or rejects with a {@link BackendError}. The core owns the truth; what
 * comes back is a picture of it, to be shown and not edited: after a change, read again (or wait
 * for {@link Backend.watchRecords}, which tells of changes from anywhere). Instances, accounts and
 * key pairs are named by their ids.
 */
export interface Backend extends KeyLife {
  // Accounts
  /** Every account, by label. */
  listAccounts(): Promise<AccountRow[]>;
  /** Adds an account; the MageID may be left out, the registry's first answer says it. */
  addAccount(request: NewAccount): Promise<AccountRow>;

  // Key pairs. A private key never comes here: the shell takes it and gives an opaque intake.
  /** Every key pair, with where it is used and when Adobe last accepted it. */
  listKeyPairs(): Promise<KeyPairRow[]>;
  /** Lets the person choose a file in the system's dialog; `null` when they closed it. */
  pickPrivateKey(): Promise<Intake | null>;
  /** Takes what is in the clipboard. */
  pastePrivateKey(): Promise<Intake>;
  /** From now on files dropped on the window are taken. One listener at a time: the last one. */
  receiveDrops(onDrop: (event: DropEvent) => void): Promise<Stop>;
  /** Makes an intake a key pair and asks Adobe about it. After a refusal it can be tried again. */
  confirmIntake(request: ConfirmedIntake): Promise<KeyPairVerified>;
  /** Gives an intake back: the key is forgotten. */
  discardIntake(intake: string): Promise<void>;
  /** Asks Adobe about a pair. */
  verifyKeyPair(keyPair: string): Promise<KeyPairVerified>;
  /** Removes a pair from this computer; nothing changes at Adobe. */
  removeKeyPair(keyPair: string): Promise<void>;

  // The one copy of a created key. It goes from the core to a file or the clipboard.
  /** What is to be known before a copy is made. */
  copyPlaces(): Promise<CopyPlaces>;
  /** Lets the person choose where to save it; `null` when they closed the dialog. Writes nothing. */
  chooseKeyFile(keyPair: string): Promise<ChosenFile | null>;
  /** Makes the one copy: to a chosen file, or to the clipboard for some seconds. */
  copyPrivateKey(request: CopyRequest): Promise<KeyPairRow>;
  /** Does without the one copy. */
  waiveCopy(keyPair: string): Promise<KeyPairRow>;
  /** Clears a copied key from the clipboard before its time. */
  clearClipboard(): Promise<void>;

  // Creating key pairs
  /** How keys can be created for an account. */
  waysToCreate(account: string): Promise<WaysToCreate>;
  /** Creates one at a click, where the portal has that. */
  generateKeyPair(request: CreateRequest): Promise<KeyPairVerified>;
  /** Opens the portal's page in a window of ours; what happens there is told until it is closed. */
  openPortal(request: CreateRequest, onEvent: (event: PortalEvent) => void): Promise<void>;
  /** Closes that window. */
  closePortal(): Promise<void>;
  /** Says whether that page may go where it asked to go. */
  answerOrigin(request: OriginAnswer): Promise<void>;
  /** Opens the portal's page in the person's own browser. */
  openInBrowser(account: string): Promise<void>;
  /** Keeps a key that was created in that browser and then brought. */
  keepCreatedIntake(request: CreatedIntake): Promise<KeyPairRow>;
  /** Adds the API key to a created pair that waits for it, and asks Adobe. */
  completeKeyPair(keyPair: string, apiKey: string): Promise<KeyPairVerified>;

  // Instances
  /** Every instance, by name, as it stands now: the board. */
  listInstances(): Promise<InstanceRow[]>;
  /** Everything about one instance: evidence in the Admin's order, assignment, history. */
  instancePage(instance: string): Promise<InstancePage>;
  /** Searches a server for instances and looks at each; an empty root searches the usual places. */
  findInstances(ssh: SshDetails): Promise<FoundInstance[]>;
  /** Looks at a server that is not added yet, and suggests name, address and role. */
  probe(ssh: SshDetails): Promise<ProbeResult>;
  /** The host keys a server shows now. */
  hostKeys(place: Place): Promise<HostKeyRow[]>;
  /** Trusts a host key that was shown, if the server still shows it. */
  trustHostKey(request: TrustedHostKey): Promise<HostKeyRow>;
  /** Adds an instance; it is added also when it cannot be reached now. */
  addInstance(request: NewInstance): Promise<AddedInstance>;
  /** Changes what is kept about an instance; nothing changes on the server. */
  editInstance(request: ChangedInstance): Promise<InstanceDetails>;
  /** Removes an instance from this computer; nothing changes on the server. */
  removeInstance(instance: string): Promise<void>;
  /** Makes what a connected instance holds its assignment. */
  adoptInstance(request: AdoptedInstance): Promise<InstanceAdopted>;
  /** Says who the instance is now; its name is typed. */
  repinInstance(request: RepinnedInstance): Promise<InstanceDetails>;
  /** Answers what only a person knows: live or not, the same instance or a copy. */
  answer(request: InstanceAnswer): Promise<InstanceDetails>;
  /** Makes what an instance holds its assignment; private keys stay where they are. */
  acceptDrift(instance: string): Promise<InstanceDetails>;
  /** Tells of what differs on an instance now only in some days; another difference at once. */
  remindAboutDrift(request: LaterRequest): Promise<DriftPage>;
  /** Looks at any shop's address as its visitors do; nothing is kept. */
  lookAtShop(request: ShopRequest): Promise<ShopLook>;

  // Projects and data spaces
  /** An account's projects and data spaces, with who uses which. Asks Adobe. */
  listDataSpaces(account: string): Promise<RegistryPage>;
  /** Creates a project with its standard data spaces. */
  createProject(request: NewProject): Promise<RegistryPage>;
  /** Decides what an instance should hold; nothing changes on the server. */
  assign(request: AssignRequest): Promise<AssignmentRow>;

  // Plans and what is done with them
  /** What a push would change, with what the guards say. Looks at each instance. */
  plan(request: PlanRequest): Promise<PlanReport>;
  /** Carries out plans that were seen. */
  push(request: PushRequest, onEvent: (event: RunEvent) => void): Promise<PushDocument>;
  /** What disconnecting a copy would remove. */
  planDetach(instance: string): Promise<PlanReport>;
  /** Removes keys and SaaS identifier from a copy, as the plan that was seen says. */
  detach(agreement: Agreement, onEvent: (event: RunEvent) => void): Promise<PushDocument>;
  /** What taking an entry or a whole push back would change. */
  planUndo(target: UndoTarget): Promise<PlanReport>;
  /** Takes an entry or a whole push back, as the plan that was seen says. */
  undo(request: UndoRequest, onEvent: (event: RunEvent) => void): Promise<PushDocument>;
  /** What moving an instance to another MageID would change. */
  planMove(request: MovePlanRequest): Promise<PlanReport>;
  /** Moves an instance to another MageID, as the plan that was seen says. */
  move(request: MoveRequest, onEvent: (event: RunEvent) => void): Promise<PushDocument>;
  /** What going back to what an instance last held when it was proven would change. */
  planRepair(instance: string): Promise<PlanReport>;
  /** Goes back to it, as the plan that was seen says. */
  repair(request: RepairRequest, onEvent: (event: RunEvent) => void): Promise<PushDocument>;
  /** Sends an instance's catalogue again, feed by feed. */
  resync(request: ResyncRequest, onEvent: (event: ResyncEvent) => void): Promise<ResyncDocument>;
  /** The instances whose part of the last push failed, for a new plan; `null` where none did. */
  failedOfLastPush(): Promise<FailedPush | null>;
  /** Stops a run: what has not begun to write writes nothing, the rest finishes. */
  cancel(run: string): Promise<void>;

  // Connection
  /** Checks these instances, all where none is named; answers with their rows. */
  check(instances: string[], onEvent: (event: RunEvent) => void): Promise<InstanceRow[]>;
  /** Looks after what an earlier run left unfinished, and says what was found. */
  lookAfter(): Promise<StartFinding[]>;
  /** Tells of every change of the records, whoever made it. */
  watchRecords(onChange: () => void): Promise<Stop>;

  // History
  /** A stretch of the journal, newest first. */
  listJournal(request: JournalRequest): Promise<JournalPage>;
  /** Writes a part of the journal to a file that the person chooses; false where they choose none. */
  exportJournal(request: ExportRequest): Promise<boolean>;
  /** Whether the journal is whole. */
  verifyJournal(): Promise<JournalVerified>;

  // Settings
  /** Every setting the core needs. */
  listSettings(): Promise<SettingRow[]>;
  /** Sets one; gateways and time-outs count from the next start. */
  setSetting(key: string, value: string): Promise<void>;
  /** What the person chose for the window. */
  windowPreferences(): Promise<WindowPreferences>;
  /** Opens the demo in a window of its own. */
  openDemo(): Promise<void>;
  /** Whether everything shown is pretended; every screen has to say so. */
  isDemo(): boolean;
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
  keychain: true,
  badInput: true,
  privateKeyRefused: true,
  intakeGone: true,
  notRead: true,
  nameTaken: true,
  noSuch: true,
  notReached: true,
  adobe: true,
  refused: true,
  badRequest: true,
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
