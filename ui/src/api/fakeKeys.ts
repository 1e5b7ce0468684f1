import { ago } from "./fakeFleet";
import type { AskedFor } from "./generated/AskedFor";
import type { KeyPairRow } from "./generated/KeyPairRow";
import type { KeyRequestRow } from "./generated/KeyRequestRow";
import type { ReplacementRow } from "./generated/ReplacementRow";
import type { RunEvent } from "./generated/RunEvent";
import type { SurveyedRow } from "./generated/SurveyedRow";
import type { KeyLife } from "./keyLife";

/** A request code that the fake knows; any other has a typing error. */
export const CODE = "PATCHBAY-047M2-1ZZZZ";

const asks: AskedFor = { who: "Mei at North", account: "Nordlys Group", mageId: "MAG005500000", for: ["production"], moving: false, compare: "ab12 cd34 ef56" };

/** The later life of key pairs, in memory; part of the one fake. */
export abstract class FakeKeys implements KeyLife {
  /** What is in the way of instances of a replacement, by name. */
  obstacles = new Map<string, SurveyedRow["obstacle"]>();
  replacements: ReplacementRow[] = [];
  requests: KeyRequestRow[] = [];
  /** What Adobe says of a pair that is to be deleted. */
  atAdobe: "stillThere" | "deleted" | "notKnown" = "stillThere";

  protected abstract told<T>(call: keyof KeyLife, give: () => T): Promise<T>;
  protected abstract pair(id: string): KeyPairRow;
  protected abstract refuse(code: string, text: string): never;

  keyPairPage: KeyLife["keyPairPage"] = (keyPair) =>
    this.told("keyPairPage", () => ({
      keypair: this.pair(keyPair),
      received: this.pair(keyPair).origin === "received" ? { who: "Ingrid", at: ago(60), export: "unused" as const } : null,
      given: [],
      replacement: this.replacements.find((each) => each.old.id === keyPair) ?? null,
    }));

  retireKeyPair: KeyLife["retireKeyPair"] = (keyPair) =>
    this.told("retireKeyPair", () => {
      const pair = this.pair(keyPair);
      if (pair.usedBy.length > 0) this.refuse("stillInUse", `${pair.usedBy.join(", ")} still uses it.`);
      pair.state = "retired";
      return pair;
    });

  loseKeyPair: KeyLife["loseKeyPair"] = (keyPair) => this.told("loseKeyPair", () => Object.assign(this.pair(keyPair), { state: "lost" as const }));

  deleteAtAdobe: KeyLife["deleteAtAdobe"] = (request) =>
    this.told("deleteAtAdobe", () => {
      const keypair = this.pair(request.keyPair);
      if (keypair.usedBy.length > 0) this.refuse("stillUsed", `${keypair.usedBy.join(", ")} still uses it.`);
      const gone = this.atAdobe === "deleted" || (request.saidDone && this.atAdobe === "notKnown");
      if (gone) keypair.state = "deletedAtAdobe";
      const unseen = ["headlessStorefront", "catalogService", "aemAssets", "otherAgencies"].map((code) => ({ code, text: code }));
      return { keypair, atAdobe: gone ? ("deleted" as const) : this.atAdobe, portal: "https://portal.example/", watchedOnly: [], unseen };
    });

  beginReplacement: KeyLife["beginReplacement"] = (keyPair) =>
    this.told("beginReplacement", () => {
      const pair = this.pair(keyPair);
      const instances = pair.usedBy.map((name) => ({ id: name, name, obstacle: this.obstacles.get(name) ?? null, confirm: [] }));
      if (instances.some((each) => each.obstacle)) return { replacement: null, instances };
      const replacement: ReplacementRow = {
        id: "r".repeat(32), old: { id: pair.id, name: pair.name }, new: null, for: pair.for, stage: "awaitsNewPair", oldPair: "notKnown",
        instances: pair.usedBy.map((name) => ({ id: name, name, state: "planned" as const })), beganAt: ago(0), endedAt: null,
      };
      this.replacements = [replacement];
      return { replacement, instances };
    });

  chooseReplacement: KeyLife["chooseReplacement"] = (request) =>
    this.told("chooseReplacement", () => {
      const found = this.replacements.find((each) => each.old.id === request.keyPair);
      if (!found) return null;
      const chosen = this.pair(request.new);
      return Object.assign(found, { new: { id: chosen.id, name: chosen.name }, stage: "first" as const, oldPair: "accepted" as const });
    });

  carryReplacement: KeyLife["carryReplacement"] = (request, onEvent: (event: RunEvent) => void) =>
    this.told("carryReplacement", () => {
      const found = this.replacements.find((each) => each.old.id === request.keyPair);
      if (!found) throw new Error("no replacement was begun");
      onEvent({ event: "begun", run: "1" });
      const due = request.onlyFirst ? found.instances.slice(0, 1) : found.instances;
      for (const member of due) member.state = "proven";
      found.stage = found.instances.every((each) => each.state === "proven") ? "deleteOld" : "rest";
      if (found.stage === "deleteOld") Object.assign(this.pair(request.keyPair), { usedBy: [], state: "retired" });
      return { replacement: { ...found }, instances: [], stopped: null, unseen: [] };
    });

  abandonReplacement: KeyLife["abandonReplacement"] = () =>
    this.told("abandonReplacement", () => {
      this.replacements = [];
    });

  listHandOvers: KeyLife["listHandOvers"] = () => this.told("listHandOvers", () => ({ requests: this.requests, handOvers: [], peers: ["Mei at North"] }));

  requestKeys: KeyLife["requestKeys"] = (request) =>
    this.told("requestKeys", () => {
      const made: KeyRequestRow = { id: "q".repeat(32), code: CODE, asks: { ...asks, who: request.who, moving: request.account === null }, createdAt: ago(0) };
      this.requests.push(made);
      return made;
    });

  cancelKeyRequest: KeyLife["cancelKeyRequest"] = (request) =>
    this.told("cancelKeyRequest", () => {
      this.requests = this.requests.filter((each) => each.id !== request);
    });

  readRequestCode: KeyLife["readRequestCode"] = (code) =>
    this.told("readRequestCode", () => {
      if (code.trim() !== CODE) this.refuse("codeMistyped", "There is a typing error in this request code.");
      return { asks, fitting: [this.pair("a".repeat(32))] };
    });

  sealHandOver: KeyLife["sealHandOver"] = (request) =>
    this.told("sealHandOver", () => {
      const keys = request.keyPairs.map((id) => {
        const pair = this.pair(id);
        return { name: pair.name, account: pair.account, for: pair.for, apiKey: pair.apiKey ?? "", fingerprint: pair.fingerprint ?? "", export: pair.export };
      });
      const handOver = { id: "h".repeat(32), direction: "given" as const, peer: asks.who, moving: false, at: ago(0), receipt: null, acknowledgedAt: null, keys };
      return { handOver, file: "patchbay-ab12cd34ef56.age" };
    });

  openHandOver: KeyLife["openHandOver"] = () => this.told("openHandOver", () => null);
  takeReceipt: KeyLife["takeReceipt"] = () => this.told("takeReceipt", () => this.refuse("receiptUnknown", "No hand-over from here has this receipt."));
  keysWith: KeyLife["keysWith"] = (peer) => this.told("keysWith", () => ({ peer, keys: [] }));
  forgetAccount: KeyLife["forgetAccount"] = () => this.told("forgetAccount", () => ({ account: "Nordlys Group", instances: [], keyPairs: [] }));
}
