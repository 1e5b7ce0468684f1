import type { AskedPage } from "./generated/AskedPage";
import type { CarriedReplacement } from "./generated/CarriedReplacement";
import type { CarryRequest } from "./generated/CarryRequest";
import type { ChooseNewPair } from "./generated/ChooseNewPair";
import type { DeletionPage } from "./generated/DeletionPage";
import type { DeletionRequest } from "./generated/DeletionRequest";
import type { ForgetAccount } from "./generated/ForgetAccount";
import type { ForgottenAccount } from "./generated/ForgottenAccount";
import type { HandOverPage } from "./generated/HandOverPage";
import type { KeyPairPage } from "./generated/KeyPairPage";
import type { KeyPairRow } from "./generated/KeyPairRow";
import type { KeyRequestRow } from "./generated/KeyRequestRow";
import type { LeftPage } from "./generated/LeftPage";
import type { NewKeyRequest } from "./generated/NewKeyRequest";
import type { OpenedPage } from "./generated/OpenedPage";
import type { ReceiptTaken } from "./generated/ReceiptTaken";
import type { ReplacementRow } from "./generated/ReplacementRow";
import type { RunEvent } from "./generated/RunEvent";
import type { SealedPage } from "./generated/SealedPage";
import type { SealRequest } from "./generated/SealRequest";
import type { SurveyPage } from "./generated/SurveyPage";

/** What may be asked about key pairs over their life: part of the one interface. */
export interface KeyLife {
  /** A pair with where it came from, to whom it went, and its replacement. */
  keyPairPage(keyPair: string): Promise<KeyPairPage>;
  /** Keeps a pair that nobody uses for its history only. */
  retireKeyPair(keyPair: string): Promise<KeyPairRow>;
  /** Notes that the private key of a pair is lost. */
  loseKeyPair(keyPair: string): Promise<KeyPairRow>;
  /** Whether a pair may be deleted at Adobe, and whether it was. */
  deleteAtAdobe(request: DeletionRequest): Promise<DeletionPage>;

  // Replacing keys
  /** Looks at every instance on a pair; where none is in the way its replacement is begun. */
  beginReplacement(keyPair: string): Promise<SurveyPage>;
  /** Names the new pair, and asks Adobe about both. */
  chooseReplacement(request: ChooseNewPair): Promise<ReplacementRow | null>;
  /** Carries it on: one instance first, then the rest. */
  carryReplacement(request: CarryRequest, onEvent: (event: RunEvent) => void): Promise<CarriedReplacement>;
  /** Leaves a replacement of which nothing was written yet. */
  abandonReplacement(keyPair: string): Promise<void>;

  // Handing keys over. Codes come here, keys and sealed files never do.
  /** What was asked for, what was handed over, and who has keys. */
  listHandOvers(): Promise<HandOverPage>;
  /** Makes a request code. */
  requestKeys(request: NewKeyRequest): Promise<KeyRequestRow>;
  /** Gives a request up. */
  cancelKeyRequest(request: string): Promise<void>;
  /** What a pasted code asks for, and what of it is here. */
  readRequestCode(code: string): Promise<AskedPage>;
  /** Seals keys into a file the person chooses; `null` when they closed the dialog. */
  sealHandOver(request: SealRequest): Promise<SealedPage | null>;
  /** Opens a sealed file the person chooses; `null` when they closed the dialog. */
  openHandOver(): Promise<OpenedPage | null>;
  /** After a move: forgets here what the new computer has. */
  takeReceipt(receipt: string): Promise<ReceiptTaken>;
  /** Every key that lay on somebody's computer; with `start` their replacements are begun. */
  keysWith(peer: string, start: boolean): Promise<LeftPage>;
  /** Forgets a merchant on this computer; the account's label is typed. */
  forgetAccount(request: ForgetAccount): Promise<ForgottenAccount>;
}
