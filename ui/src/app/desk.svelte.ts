import { asIpcError, type Backend } from "../api/backend";
import type { AddedInstance } from "../api/generated/AddedInstance";
import type { InstanceDetails } from "../api/generated/InstanceDetails";
import type { InstanceRow } from "../api/generated/InstanceRow";
import type { IpcError } from "../api/generated/IpcError";
import type { StartFinding } from "../api/generated/StartFinding";
import type { Trouble } from "../api/generated/Trouble";
import { Checks } from "../features/connection/check.svelte";
import { Evidence } from "../features/connection/evidence.svelte";
import type { Step } from "../features/connection/steps";
import { KeyPairs } from "../features/keypairs/keypairs.svelte";
import { Registries } from "../features/patch/registries.svelte";
import { Board } from "../features/instances/board.svelte";
import { Push, type Order } from "../features/push/push.svelte";

/** A small question about one instance, over the board. */
export interface Question {
  kind: "hostKey" | "hostKeyChanged" | "repin" | "sandbox" | "adopt" | "resync" | "remove";
  row: InstanceRow;
}

/** Work that takes the whole page until it is left. */
export type Task =
  | { kind: "plan"; push: Push }
  | { kind: "add"; way: "ssh" | "watchOnly"; kept?: InstanceDetails }
  | { kind: "assign"; row: InstanceRow; plugged?: { slot: "sandbox" | "production" | "dataSpace"; key: string } }
  | { kind: "keyPair"; keyPair: string }
  | { kind: "replace"; keyPair: string; name: string }
  | { kind: "handOver" }
  | { kind: "bring" }
  | { kind: "create" }
  | { kind: "move"; row: InstanceRow };

/** What lies on the desk: the board, the chosen instance, what runs, and what is asked. */
export class Desk {
  readonly board: Board;
  readonly checks: Checks;
  readonly evidence: Evidence;
  readonly keyPairs: KeyPairs;
  readonly registries: Registries;
  question: Question | null = $state.raw(null);
  task: Task | null = $state.raw(null);
  findings: StartFinding[] = $state.raw([]);
  /** An instance that was added but not reached. */
  notReached: { name: string; trouble: Trouble } | null = $state.raw(null);
  /** Why what was asked for did not happen. */
  error: IpcError | null = $state.raw(null);
  readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
    this.board = new Board(backend);
    this.checks = new Checks(backend);
    this.evidence = new Evidence(backend);
    this.keyPairs = new KeyPairs(backend);
    this.registries = new Registries(backend);
  }

  /** Reads everything that is shown again. */
  async read(): Promise<void> {
    await Promise.all([this.board.read(), this.evidence.read(), this.keyPairs.read()]);
  }

  /** Reads for the first time, looks after what was left unfinished, and follows every change. */
  begin(): () => void {
    void this.board.read();
    void this.keyPairs.read();
    void this.#lookAfter();
    let ended = false;
    let stop = () => {
      ended = true;
    };
    this.backend.watchRecords(() => void this.read()).then(
      (found) => (ended ? found() : (stop = found)),
      () => undefined,
    );
    return () => stop();
  }

  /** Checks these instances and shows what came of it. */
  async check(instances: readonly string[]): Promise<void> {
    await this.checks.start(instances);
    await this.read();
  }

  /** Does a step about an instance. */
  act(step: Step, row: InstanceRow): void {
    this.error = null;
    this.notReached = null;
    if (step === "check") void this.check([row.id]);
    else if (step === "trustHostKey") this.question = { kind: "hostKey", row };
    else if (step === "askAboutHostKey") this.question = { kind: "hostKeyChanged", row };
    else if (step === "repin") this.question = { kind: "repin", row };
    else if (step === "setUpPayments") this.question = { kind: "sandbox", row };
    else if (step === "adopt") this.question = { kind: "adopt", row };
    else if (step === "assign" || step === "chooseKeys" || step === "chooseDataSpace") this.task = { kind: "assign", row };
    else if (step === "edit" || step === "correctWay" || step === "renewSignIn") void this.#edit(row);
    else if (step === "resync") this.question = { kind: "resync", row };
    else if (step === "move") this.task = { kind: "move", row };
    else if (step === "repair") this.order({ kind: "repair", instance: row.id });
    else if (step === "remove") this.question = { kind: "remove", row };
    else if (step === "plan" || step === "reviewDrift") this.order({ kind: "push", instances: [row.id] });
    else if (step === "detach" || step === "resolveConflict") this.order({ kind: "detach", instance: row.id });
    else void this.evidence.choose(row.id);
  }

  /** Opens the preview of what an order would change. */
  order(order: Order): void {
    this.task = { kind: "plan", push: new Push(this.backend, order) };
  }

  /** Leaves the task and shows what is true now. */
  async leave(): Promise<void> {
    this.task = null;
    await this.read();
  }

  /** An instance was added: it is shown, and what it holds can be adopted. */
  async added(what: AddedInstance, holdsValues: boolean): Promise<void> {
    this.error = null;
    this.notReached = what.trouble ? { name: what.instance.name, trouble: what.trouble } : null;
    await this.leave();
    await this.evidence.choose(what.instance.id);
    if (holdsValues && !what.trouble) this.question = { kind: "adopt", row: what.instance };
  }

  /** Whether a push works on an instance now. */
  pushing(instance: string): boolean {
    const push = this.task?.kind === "plan" ? this.task.push : null;
    return push?.phase === "running" && push.run?.instances[instance] !== undefined && push.run.instances[instance].step !== "done";
  }

  /** The question was answered: close it and look again. */
  async answered(check: boolean): Promise<void> {
    const row = this.question?.row;
    this.question = null;
    if (check && row) await this.check([row.id]);
    else await this.read();
  }

  /** Opens the demo beside this window. */
  async tryDemo(): Promise<void> {
    try {
      await this.backend.openDemo();
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  /** Removes an instance from this computer. */
  async remove(row: InstanceRow): Promise<void> {
    this.question = null;
    try {
      await this.backend.removeInstance(row.id);
      if (this.evidence.chosen === row.id) await this.evidence.choose(null);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
    await this.board.read();
  }

  async #edit(row: InstanceRow): Promise<void> {
    try {
      const { instance } = await this.backend.instancePage(row.id);
      this.task = { kind: "add", way: "ssh", kept: instance };
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  async #lookAfter(): Promise<void> {
    try {
      this.findings = await this.backend.lookAfter();
    } catch {
      // Asked again at the next start; the board says what is wrong with the records.
    }
  }
}
