import { BackendError, type Backend, type Stop } from "./backend";
import { ago, ahead, driftOf, evidenceOf, id, PATHS, row, sixInstances, type World } from "./fakeFleet";
import { journalChoices, journalPart } from "./fakeJournal";
import { FakeKeys } from "./fakeKeys";
import type { ChosenFile } from "./generated/ChosenFile";
import type { CopyPlaces } from "./generated/CopyPlaces";
import type { CreateRequest } from "./generated/CreateRequest";
import type { DropEvent } from "./generated/DropEvent";
import type { ExportRequest } from "./generated/ExportRequest";
import type { FeedSent } from "./generated/FeedSent";
import type { HostKeyRow } from "./generated/HostKeyRow";
import type { InstanceDetails } from "./generated/InstanceDetails";
import type { InstanceRow } from "./generated/InstanceRow";
import type { Intake } from "./generated/Intake";
import type { IpcError } from "./generated/IpcError";
import type { KeyPairRow } from "./generated/KeyPairRow";
import type { PlannedInstance } from "./generated/PlannedInstance";
import type { PlanReport } from "./generated/PlanReport";
import type { PortalEvent } from "./generated/PortalEvent";
import type { PushDocument } from "./generated/PushDocument";
import type { PushedInstance } from "./generated/PushedInstance";
import type { RegistryPage } from "./generated/RegistryPage";
import type { RunEvent } from "./generated/RunEvent";
import type { RunStep } from "./generated/RunStep";
import type { SshDetails } from "./generated/SshDetails";
import type { StartFinding } from "./generated/StartFinding";
import type { WaysToCreate } from "./generated/WaysToCreate";
import type { WindowPreferences } from "./generated/WindowPreferences";

export { ago, ahead, id, keyPair, PATHS, row, sixInstances, uuid } from "./fakeFleet";

type Call = keyof Backend;

/**
 * The same interface in memory, for tests and for working on the window in a browser.
 *
 * It answers believably and keeps what it is told, but decides nothing: plans, guards and states
 * are what a test puts there. Every call can be delayed or made to fail.
 */
export class FakeBackend extends FakeKeys implements Backend {
  world: World;
  preferences: WindowPreferences = { language: null, theme: "system", board: null, knowsTheWay: false };
  /** Whether the window should say that everything is pretended. */
  demo = false;
  /** How long every call takes, and every step of a run, in milliseconds. */
  delayMs = 0;
  /** Every call so far, by name. */
  calls: Call[] = [];
  /** What the next pick or paste brings; `null`: the dialog is closed. */
  nextIntake: Intake | null = intake();
  /** What a plan says of an instance, by its id; without it, two keys would be set. */
  plans = new Map<string, Partial<PlannedInstance>>();
  /** How pushing an instance ends, by its id; without it, it is pushed and turns connected. */
  outcomes = new Map<string, Partial<PushedInstance>>();
  findings: StartFinding[] = [];
  /** What is known before a copy is made. */
  places: CopyPlaces = { clipboardRefused: null, managers: [], seconds: 20 };
  /** What choosing a file to save to brings; `null`: the dialog is closed. */
  nextFile: ChosenFile | null = { id: id("f"), fileName: "live.pem", synced: null };
  ways: WaysToCreate = { oneClick: false, origin: "https://account.magento.com" };
  /** Lets something happen on the portal's page while it is open; `kept`: a private key is caught. */
  portal: ((event: PortalEvent | "kept") => void) | undefined;
  /** What was exported of the journal so far. */
  exported: ExportRequest[] = [];
  /** The roots that a search of any server finds. */
  foundRoots: string[] = ["/var/www/html"];
  shownHostKeys: HostKeyRow[] = [{ algorithm: "ssh-ed25519", fingerprint: "SHA256:kP3c1b2rW8rB0c5Q1ZtX2mDk0n9gVw7yH4sLq6eJ8uA", trusted: false }];
  #failures = new Map<Call, IpcError>();
  #nextError: IpcError | undefined;
  #drops: ((event: DropEvent) => void) | undefined;
  #watchers = new Set<() => void>();
  #cancelled = new Set<string>();
  #made = 0;

  constructor(rows: InstanceRow[] = []) {
    super();
    this.world = { accounts: [], keyPairs: [], rows, assignments: [], registry: [], journal: [], settings: [] };
  }

  /** The fake with six instances in six states. */
  static withFleet(): FakeBackend {
    const backend = new FakeBackend();
    backend.world = sixInstances();
    return backend;
  }

  get rows(): InstanceRow[] {
    return this.world.rows;
  }

  set rows(rows: InstanceRow[]) {
    this.world.rows = rows;
  }

  /** Makes the next call fail with `error`; the call after it works again. */
  failNext(error: IpcError): void {
    this.#nextError = error;
  }

  /** Makes every call of that name fail, until `null` is given. */
  failAlways(call: Call, error: IpcError | null): void {
    if (error) this.#failures.set(call, error);
    else this.#failures.delete(call);
  }

  /** As when a file is dropped on the window; false when nobody listens. */
  drop(event: DropEvent): boolean {
    this.#drops?.(event);
    return this.#drops !== undefined;
  }

  /** As when the records change, by whomever. */
  recordsChanged(): void {
    for (const heard of this.#watchers) heard();
  }

  listAccounts: Backend["listAccounts"] = () => this.#answer("listAccounts", () => this.world.accounts);

  addAccount: Backend["addAccount"] = (request) =>
    this.#change("addAccount", () => {
      this.#refuseEmpty("label", request.label);
      if (this.world.accounts.some((each) => each.label === request.label)) throw new BackendError({ code: "nameTaken", name: request.label });
      const account = { id: this.#newId(), label: request.label, mageId: request.mageId, organisation: null, createdAt: ago(0) };
      this.world.accounts.push(account);
      return account;
    });

  listKeyPairs: Backend["listKeyPairs"] = () => this.#answer("listKeyPairs", () => this.world.keyPairs);
  pickPrivateKey: Backend["pickPrivateKey"] = () => this.#answer("pickPrivateKey", () => this.nextIntake);
  pastePrivateKey: Backend["pastePrivateKey"] = () =>
    this.#answer("pastePrivateKey", () => ({ ...(this.nextIntake ?? intake()), source: "clipboard" as const, fileName: null }));

  receiveDrops: Backend["receiveDrops"] = (onDrop) =>
    this.#answer("receiveDrops", (): Stop => {
      this.#drops = onDrop;
      return () => {
        if (this.#drops === onDrop) this.#drops = undefined;
      };
    });

  confirmIntake: Backend["confirmIntake"] = (request) =>
    this.#change("confirmIntake", () => {
      this.#refuseEmpty("name", request.name);
      this.#refuseEmpty("apiKey", request.apiKey);
      const account = this.#found(this.world.accounts, "account", request.account);
      const pair: KeyPairRow = {
        id: this.#newId(), name: request.name, account: account.label, for: request.for, apiKey: request.apiKey,
        fingerprint: this.nextIntake?.fingerprint ?? null, state: "ready", export: "none", origin: "brought",
        usedBy: [], createdAt: ago(0), acceptedAt: ago(0), note: "", oneCopy: { is: "none" },
      };
      this.world.keyPairs.push(pair);
      return { keypair: pair, repairs: this.nextIntake?.repairs ?? [], verification: { answer: "accepted" as const, reason: null } };
    });

  discardIntake: Backend["discardIntake"] = () => this.#answer("discardIntake", () => undefined);

  verifyKeyPair: Backend["verifyKeyPair"] = (keyPair) =>
    this.#change("verifyKeyPair", () => {
      const pair = this.#found(this.world.keyPairs, "key pair", keyPair);
      pair.acceptedAt = ago(0);
      return { keypair: pair, repairs: [], verification: { answer: "accepted" as const, reason: null } };
    });

  removeKeyPair: Backend["removeKeyPair"] = (keyPair) =>
    this.#change("removeKeyPair", () => {
      this.world.keyPairs = this.world.keyPairs.filter((each) => each.id !== keyPair);
    });

  copyPlaces: Backend["copyPlaces"] = () => this.#answer("copyPlaces", () => this.places);
  chooseKeyFile: Backend["chooseKeyFile"] = () => this.#answer("chooseKeyFile", () => this.nextFile);

  copyPrivateKey: Backend["copyPrivateKey"] = (request) =>
    this.#change("copyPrivateKey", () => {
      const pair = this.#found(this.world.keyPairs, "key pair", request.keyPair);
      if (pair.oneCopy.is !== "unused") throw new BackendError({ code: "refused", trouble: { code: "exportSpent", text: `The one copy of "${pair.name}" was made already.`, next: "Use that copy, or create a new pair.", words: { name: pair.name } } });
      pair.oneCopy = { is: "used", way: request.file ? "file" : "clipboard", at: ago(0) };
      pair.export = "used";
      return pair;
    });

  waiveCopy: Backend["waiveCopy"] = (keyPair) =>
    this.#change("waiveCopy", () => {
      const pair = this.#found(this.world.keyPairs, "key pair", keyPair);
      pair.oneCopy = { is: "waived" };
      pair.export = "used";
      return pair;
    });

  clearClipboard: Backend["clearClipboard"] = () => this.#answer("clearClipboard", () => undefined);
  waysToCreate: Backend["waysToCreate"] = () => this.#answer("waysToCreate", () => this.ways);
  generateKeyPair: Backend["generateKeyPair"] = (request) =>
    this.#change("generateKeyPair", () => ({ keypair: this.#created(request, "generated", "c0ffee".padStart(32, "0")), repairs: [], verification: { answer: "accepted" as const, reason: null } }));

  openPortal: Backend["openPortal"] = (request, onEvent) =>
    this.#answer("openPortal", () => {
      this.portal = (event) => onEvent(event === "kept" ? { event: "kept", keypair: structuredClone(this.#created(request, "guided", null)) } : event);
      onEvent({ event: "at", origin: this.ways.origin });
    });

  closePortal: Backend["closePortal"] = () => this.#answer("closePortal", () => this.portal?.({ event: "closed" }));
  answerOrigin: Backend["answerOrigin"] = () => this.#answer("answerOrigin", () => undefined);
  openInBrowser: Backend["openInBrowser"] = () => this.#answer("openInBrowser", () => undefined);
  keepCreatedIntake: Backend["keepCreatedIntake"] = (request) => this.#change("keepCreatedIntake", () => this.#created(request, "guided", null));

  completeKeyPair: Backend["completeKeyPair"] = (keyPair, apiKey) =>
    this.#change("completeKeyPair", () => {
      this.#refuseEmpty("apiKey", apiKey);
      const pair = this.#found(this.world.keyPairs, "key pair", keyPair);
      Object.assign(pair, { apiKey, state: "ready", acceptedAt: ago(0) });
      return { keypair: pair, repairs: [], verification: { answer: "accepted" as const, reason: null } };
    });

  listInstances: Backend["listInstances"] = () => this.#answer("listInstances", () => this.world.rows);

  instancePage: Backend["instancePage"] = (instance) =>
    this.#answer("instancePage", () => {
      const shown = this.#found(this.world.rows, "instance", instance);
      return {
        instance: details(shown),
        evidence: evidenceOf(shown),
        assignment: this.world.assignments.find((each) => each.instance === shown.name) ?? null,
        sameIdentity: [],
        drift: driftOf(shown),
        history: this.world.journal.filter((each) => each.instance === instance),
      };
    });

  probe: Backend["probe"] = (ssh) =>
    this.#answer("probe", () => ({
      url: `https://${host(ssh)}/`, name: host(ssh), role: "live" as const, edition: "Enterprise", connector: true, holdsValues: false, knownAs: null,
      versions: { magento: "2.4.7-p6", servicesId: "3.3.1", servicesConnector: "1.3.8", php: "8.2.28" },
    }));

  findInstances: Backend["findInstances"] = (ssh) =>
    this.#answer("findInstances", () => this.foundRoots.map((root) => ({
      ssh: { ...ssh, root }, owner: "deploy", php: "8.2.28", trouble: null,
      probed: {
        url: `https://${host(ssh)}/`, name: host(ssh), role: "live" as const, edition: "Enterprise", connector: true, holdsValues: false, knownAs: null,
        versions: { magento: "2.4.7-p6", servicesId: "3.3.1", servicesConnector: "1.3.8", php: "8.2.28" },
      },
    })));

  hostKeys: Backend["hostKeys"] = () => this.#answer("hostKeys", () => this.shownHostKeys);

  trustHostKey: Backend["trustHostKey"] = (request) =>
    this.#change("trustHostKey", () => {
      const key = this.shownHostKeys.find((each) => each.fingerprint === request.fingerprint);
      if (!key) throw new BackendError({ code: "noSuch", what: "host key", name: request.fingerprint });
      key.trusted = true;
      return key;
    });

  addInstance: Backend["addInstance"] = (request) =>
    this.#change("addInstance", () => {
      this.#refuseEmpty("name", request.name);
      if (this.world.rows.some((each) => each.name === request.name)) throw new BackendError({ code: "nameTaken", name: request.name });
      const account = this.#found(this.world.accounts, "account", request.account);
      const added = row({
        id: this.#newId(), name: request.name, role: request.role, account: account.label,
        address: request.way.kind === "ssh" ? request.way.ssh.target : (request.url ?? ""), watchOnly: request.way.kind === "watchOnly",
      });
      this.world.rows.push(added);
      return { instance: details(added), trouble: null };
    });

  editInstance: Backend["editInstance"] = (request) =>
    this.#change("editInstance", () => {
      const kept = this.#found(this.world.rows, "instance", request.instance);
      kept.name = request.name ?? kept.name;
      kept.role = request.role ?? kept.role;
      if (request.way?.kind === "ssh") kept.address = request.way.ssh.target;
      return details(kept);
    });

  removeInstance: Backend["removeInstance"] = (instance) =>
    this.#change("removeInstance", () => {
      this.world.rows = this.world.rows.filter((each) => each.id !== instance);
    });

  adoptInstance: Backend["adoptInstance"] = (request) =>
    this.#change("adoptInstance", () => {
      const shown = this.#found(this.world.rows, "instance", request.instance);
      const dataSpace = this.#spaces()[0];
      if (!dataSpace) throw new BackendError({ code: "refused", trouble: { code: "nothingToAdopt", text: "There is nothing to adopt.", next: "Assign key pairs instead." } });
      const assignment = { instance: shown.name, sandbox: null, production: `${shown.name} production`, sandboxId: null, productionId: this.#newId(), projectId: dataSpace.project, projectName: "Nordlys", dataSpace: dataSpace.space, assignedAt: ago(0) };
      this.world.assignments.push(assignment);
      shown.assigned = true;
      return { instance: details(shown), assignment, taken: request.takeKeys ? ["production" as const] : [] };
    });

  repinInstance: Backend["repinInstance"] = (request) =>
    this.#change("repinInstance", () => {
      const shown = this.#found(this.world.rows, "instance", request.instance);
      if (request.typedName !== shown.name) throw new BackendError({ code: "refused", trouble: { code: "nameNotTyped", text: `The name typed is not "${shown.name}".`, next: "Type the instance's name to pin it again.", words: { name: shown.name } } });
      return details(shown);
    });

  answer: Backend["answer"] = (request) => this.#change("answer", () => details(this.#found(this.world.rows, "instance", request.instance)));

  acceptDrift: Backend["acceptDrift"] = (instance) =>
    this.#change("acceptDrift", () => {
      const shown = this.#found(this.world.rows, "instance", instance);
      Object.assign(shown, { state: "unverified", light: "needsALook", nextStep: "check", reason: { code: "changedHere", text: "Its role, way in or assignment was changed here since it was last checked." } });
      return details(shown);
    });

  remindAboutDrift: Backend["remindAboutDrift"] = (request) =>
    this.#change("remindAboutDrift", () => {
      const drift = driftOf(this.#found(this.world.rows, "instance", request.instance));
      if (!drift) throw new BackendError({ code: "refused", trouble: { code: "nothingDrifted", text: "It held what it should.", next: "Check it to see whether that is still so.", words: {} } });
      return { ...drift, later: ahead(request.days * 1440) };
    });

  lookAtShop: Backend["lookAtShop"] = (request) =>
    this.#answer("lookAtShop", () => {
      const nothing = { url: request.url, dataSpace: null, project: null, usedBy: [], knownAs: [] };
      const shop = this.world.rows.find((each) => each.dataSpaceId !== null && request.url.includes(each.address.split("@").at(-1) ?? "-"));
      if (!shop?.dataSpaceId) return { ...nothing, state: "unknown", shown: null, reason: { code: "shopSaysNothing", text: "The shop shows no data space to visitors." } };
      const twins = this.world.rows.filter((each) => each.dataSpaceId === shop.dataSpaceId && each.id !== shop.id);
      return {
        ...nothing,
        state: "shown",
        shown: { id: shop.dataSpaceId, type: "Production", channel: "graphQl" },
        reason: null,
        usedBy: twins.map((each) => ({ name: each.name, live: each.role === "live", assigned: each.assigned })),
        knownAs: [shop.name],
      };
    });

  listDataSpaces: Backend["listDataSpaces"] = (account) => this.#answer("listDataSpaces", () => this.#page(account));

  createProject: Backend["createProject"] = (request) =>
    this.#change("createProject", () => {
      const page = this.#page(request.account);
      page.projects.push({ id: this.#newId(), name: request.name, dataSpaces: [] });
      return page;
    });

  assign: Backend["assign"] = (request) =>
    this.#change("assign", () => {
      const shown = this.#found(this.world.rows, "instance", request.instance);
      const chosen = this.#spaces().find((each) => each.space.id === request.dataSpace);
      if (!chosen) throw new BackendError({ code: "adobe", trouble: { code: "notInRegistry", text: "The registry does not know it.", next: "Choose another one." } });
      const name = (pair: string | null) => this.world.keyPairs.find((each) => each.id === pair)?.name ?? null;
      const assignment = { instance: shown.name, sandbox: name(request.sandbox), production: name(request.production), sandboxId: request.sandbox, productionId: request.production, projectId: request.project, projectName: chosen.name, dataSpace: chosen.space, assignedAt: ago(0) };
      this.world.assignments = [...this.world.assignments.filter((each) => each.instance !== shown.name), assignment];
      shown.assigned = true;
      if (shown.nextStep === "assign") shown.nextStep = "plan";
      return assignment;
    });

  plan: Backend["plan"] = (request) => this.#answer("plan", () => this.#report(request.instances));
  planDetach: Backend["planDetach"] = (instance) => this.#answer("planDetach", () => this.#report([instance]));
  planUndo: Backend["planUndo"] = (target) =>
    this.#answer("planUndo", () => {
      const undone = this.world.journal.filter((each) => (target.kind === "entry" ? each.entry === target.entry : each.push === target.push));
      return this.#report(undone.map((each) => each.instance));
    });

  planMove: Backend["planMove"] = (request) => this.#answer("planMove", () => this.#report([request.instance]));
  planRepair: Backend["planRepair"] = (instance) => this.#answer("planRepair", () => this.#report([instance]));

  move: Backend["move"] = (request, onEvent) => this.#run("move", request.agreement.plans.map((each) => each.instance), onEvent);
  repair: Backend["repair"] = (request, onEvent) => this.#run("repair", request.agreement.plans.map((each) => each.instance), onEvent);
  resync: Backend["resync"] = async (request, onEvent) => {
    const { id, name } = await this.#answer("resync", () => this.#found(this.world.rows, "instance", request.instance));
    const run = this.#newId();
    onEvent({ event: "begun", run });
    const feeds: FeedSent[] = [];
    for (const feed of ["scopesWebsite", "products", "prices"]) {
      const outcome = this.#cancelled.has(run) ? "left" : "sent";
      if (outcome === "sent") onEvent({ event: "feed", feed });
      await this.#wait();
      onEvent({ event: "ended", feed, outcome });
      feeds.push({ feed, outcome, text: null, ms: 640 });
    }
    return { id, name, feeds, due: feeds.filter((each) => each.outcome !== "sent").map((each) => each.feed) };
  };

  push: Backend["push"] = (request, onEvent) => this.#run("push", request.agreement.plans.map((each) => each.instance), onEvent);
  detach: Backend["detach"] = (agreement, onEvent) => this.#run("detach", agreement.plans.map((each) => each.instance), onEvent);
  undo: Backend["undo"] = (request, onEvent) => this.#run("undo", request.agreement.plans.map((each) => each.instance), onEvent);

  failedOfLastPush: Backend["failedOfLastPush"] = () =>
    this.#answer("failedOfLastPush", () => {
      const last = this.world.journal[0]?.push;
      const failed = this.world.journal.filter((each) => each.push === last && each.outcome !== "pushed" && each.outcome !== null);
      return last && failed.length > 0 ? { push: last, instances: failed.map((each) => each.instance), parts: [] } : null;
    });

  cancel: Backend["cancel"] = (run) =>
    this.#answer("cancel", () => {
      this.#cancelled.add(run);
    });

  check: Backend["check"] = async (instances, onEvent) => {
    await this.#answer("check", () => undefined);
    const run = this.#newId();
    onEvent({ event: "begun", run });
    const chosen = this.world.rows.filter((each) => instances.length === 0 || instances.includes(each.id));
    for (const each of chosen) {
      if (this.#cancelled.has(run)) break;
      await this.#steps(each.id, ["connecting", "verifying", "done"], onEvent);
      if (each.state === "connected") Object.assign(each, { provenAt: ago(0), connectedAt: ago(0), holdsUntil: ahead(30) });
    }
    this.recordsChanged();
    return structuredClone(chosen);
  };

  lookAfter: Backend["lookAfter"] = () => this.#answer("lookAfter", () => this.findings.splice(0));

  watchRecords: Backend["watchRecords"] = (onChange) =>
    this.#answer("watchRecords", (): Stop => {
      this.#watchers.add(onChange);
      return () => this.#watchers.delete(onChange);
    });

  listJournal: Backend["listJournal"] = (request) =>
    this.#answer("listJournal", () => {
      const shown = journalPart(this.world.journal, request.filter, this.world.accounts);
      return { entries: shown.slice(request.skip, request.skip + request.limit), total: shown.length, choices: journalChoices(this.world.journal, this.world.accounts) };
    });

  exportJournal: Backend["exportJournal"] = (request) =>
    this.#answer("exportJournal", () => {
      this.exported.push(request);
      return true;
    });

  verifyJournal: Backend["verifyJournal"] = () =>
    this.#answer("verifyJournal", () => ({ result: "good" as const, lines: this.world.journal.length * 2, expected: null, seq: null, text: "The journal is whole." }));

  listSettings: Backend["listSettings"] = () => this.#answer("listSettings", () => this.world.settings);

  setSetting: Backend["setSetting"] = (key, value) =>
    this.#change("setSetting", () => {
      const setting = this.world.settings.find((each) => each.key === key);
      if (!setting) throw new BackendError({ code: "noSuch", what: "setting", name: key });
      setting.value = value;
    });

  openDemo: Backend["openDemo"] = () => this.#answer("openDemo", () => undefined);
  isDemo: Backend["isDemo"] = () => this.demo;
  windowPreferences: Backend["windowPreferences"] = () => this.#answer("windowPreferences", () => this.preferences);

  setWindowPreferences: Backend["setWindowPreferences"] = (preferences) =>
    this.#answer("setWindowPreferences", () => {
      this.preferences = structuredClone(preferences);
    });

  /** Answers with a copy, after the delay; a listener's end is handed over as it is. */
  protected told<T>(call: Call, give: () => T): Promise<T> {
    return this.#change(call, give);
  }

  protected pair(keyPair: string): KeyPairRow {
    return this.#found(this.world.keyPairs, "key pair", keyPair);
  }

  protected refuse(code: string, text: string): never {
    throw new BackendError({ code: "refused", trouble: { code, text, next: "" } });
  }

  async #answer<T>(call: Call, give: () => T): Promise<T> {
    this.calls.push(call);
    // Whose failure it is is settled when it is called, not when the delay is over.
    const error = this.#nextError ?? this.#failures.get(call);
    this.#nextError = undefined;
    await this.#wait();
    if (error) throw new BackendError(error);
    const given = give();
    return typeof given === "function" ? given : structuredClone(given);
  }

  async #change<T>(call: Call, give: () => T): Promise<T> {
    const given = await this.#answer(call, give);
    this.recordsChanged();
    return given;
  }

  async #wait(): Promise<void> {
    if (this.delayMs > 0) await new Promise((resume) => setTimeout(resume, this.delayMs));
  }

  async #steps(instance: string, steps: RunStep[], onEvent: (event: RunEvent) => void): Promise<void> {
    for (const step of steps) {
      onEvent({ event: "step", instance, step, outcome: null });
      await this.#wait();
    }
  }

  async #run(call: Carried, instances: string[], onEvent: (event: RunEvent) => void): Promise<PushDocument> {
    await this.#answer(call, () => undefined);
    const run = this.#newId();
    const push = this.#newId();
    onEvent({ event: "begun", run });
    const results: PushedInstance[] = [];
    for (const instance of instances) {
      const shown = this.#found(this.world.rows, "instance", instance);
      if (!this.#cancelled.has(run)) await this.#steps(instance, ["preparing", "connecting", "writing", "verifying"], onEvent);
      const outcome = this.#cancelled.has(run) ? "cancelled" : "pushed";
      const result: PushedInstance = { id: instance, name: shown.name, outcome, entry: this.#newId(), error: null, guards: [], changes: this.#planned(shown).changes, ms: 640, ...this.outcomes.get(instance) };
      onEvent({ event: "step", instance, step: "done", outcome: result.outcome });
      if (result.outcome === "pushed") this.#written(shown, call);
      this.world.journal.unshift({ entry: result.entry ?? this.#newId(), push, instance, instanceName: shown.name, account: shown.account, action: call, at: ago(0), endedAt: ago(0), outcome: result.outcome, error: null, changes: result.changes, person: "mei", canUndo: result.outcome === "pushed" });
      results.push(result);
    }
    this.recordsChanged();
    return structuredClone({ entry: results.length === 1 ? (results[0]?.entry ?? null) : null, push, instances: results });
  }

  #written(shown: InstanceRow, call: Carried): void {
    if (call !== "detach" && call !== "undo") Object.assign(shown, { state: "connected", light: "connected", nextStep: "setUpPayments", provenAt: ago(0), connectedAt: ago(0), holdsUntil: ahead(30), reason: { code: "bothAccepted", text: "Adobe accepted both pairs, signed on the instance." } });
    else Object.assign(shown, { state: "notConnected", light: "notConnected", nextStep: "assign", dataSpace: null, dataSpaceId: null, sandboxKey: null, productionKey: null, holdsUntil: null, reason: { code: "noValues", text: "None of the nine values is present." } });
  }

  #report(instances: string[]): PlanReport {
    const chosen = instances.length > 0 ? instances.map((each) => this.#found(this.world.rows, "instance", each)) : this.world.rows.filter((each) => each.assigned);
    return { hash: "f".repeat(64), instances: chosen.map((each) => this.#planned(each)) };
  }

  #planned(shown: InstanceRow): PlannedInstance {
    return {
      id: shown.id, name: shown.name, hash: "a".repeat(64), locks: [], guards: [], also: [], error: null,
      changes: [
        { path: PATHS.productionApiKey, from: null, to: "0d9f3c9a7be1442a8a55c1d0e2f4b6a8" },
        { path: PATHS.productionPrivateKey, from: null, to: "a3c9".repeat(16) },
      ],
      ...this.plans.get(shown.id),
    };
  }

  #page(account: string): RegistryPage {
    const page = this.world.registry.find((each) => each.account === account);
    if (!page) throw new BackendError({ code: "refused", trouble: { code: "noKeyPair", text: "No key pair of this account is on this computer, so Adobe cannot be asked.", next: "Bring or create one first." } });
    return page;
  }

  #spaces() {
    return this.world.registry.flatMap((page) => page.projects).flatMap((project) => project.dataSpaces.map((space) => ({ project: project.id, name: project.name, space })));
  }

  #found<T extends { id: string }>(all: T[], what: string, wanted: string): T {
    const found = all.find((each) => each.id === wanted);
    if (!found) throw new BackendError({ code: "noSuch", what, name: wanted });
    return found;
  }

  #refuseEmpty(field: "name" | "label" | "apiKey", text: string): void {
    if (text.trim() === "") throw new BackendError({ code: "badInput", field, problem: "empty", max: null, text: `The ${field} is empty; give it a few characters.` });
  }

  #created(request: CreateRequest, origin: "guided" | "generated", apiKey: string | null): KeyPairRow {
    this.#refuseEmpty("name", request.name);
    const account = this.#found(this.world.accounts, "account", request.account);
    const pair: KeyPairRow = {
      id: this.#newId(), name: request.name, account: account.label, for: request.for, apiKey, fingerprint: "c4fe".repeat(16),
      state: apiKey ? "ready" : "pending", export: "unused", oneCopy: { is: "unused" }, origin, usedBy: [], createdAt: ago(0), acceptedAt: apiKey ? ago(0) : null, note: "",
    };
    this.world.keyPairs.push(pair);
    return pair;
  }

  #newId(): string {
    this.#made += 1;
    return this.#made.toString(16).padStart(32, "0");
  }
}

/** What carries plans out. */
type Carried = "push" | "detach" | "undo" | "move" | "repair";

/** An intake as the shell would give it, with everything ordinary, but what `different` says. */
export function intake(different: Partial<Intake> = {}): Intake {
  return { id: id("7"), source: "file", fileName: "production-private-key.pem", fingerprint: "5b1e".repeat(16), bits: 2048, repairs: [], knownAs: null, waitsUntil: ahead(10), ...different };
}

function details(shown: InstanceRow): InstanceDetails {
  const ssh: SshDetails | null = shown.watchOnly ? null : { target: shown.address, port: null, identityFile: null, root: "/var/www/html", php: null, runAs: null, container: null };
  return { ...shown, next: "Check it again.", ssh, url: `https://${shown.address.split("@").at(-1) ?? ""}/`, tags: [], pinned: shown.state !== "unknown", isLive: null };
}

function host(ssh: SshDetails): string {
  return ssh.target.split("@").at(-1) ?? ssh.target;
}
