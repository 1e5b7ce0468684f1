import { SvelteMap, SvelteSet } from "svelte/reactivity";

import { asIpcError, type Backend } from "../../api/backend";
import type { Agreement } from "../../api/generated/Agreement";
import type { IpcError } from "../../api/generated/IpcError";
import type { MoveTo } from "../../api/generated/MoveTo";
import type { PlannedInstance } from "../../api/generated/PlannedInstance";
import type { PlanPart } from "../../api/generated/PlanPart";
import type { PlanReport } from "../../api/generated/PlanReport";
import type { PushDocument } from "../../api/generated/PushDocument";
import type { UndoTarget } from "../../api/generated/UndoTarget";
import { heard, waiting, type Heard } from "./events";
import { applicable, needsName, ready } from "./rows";

/** What is planned: a push, disconnecting a copy, or taking something back. */
export type Order =
  | { kind: "push"; instances: readonly string[] }
  | { kind: "detach"; instance: string }
  | { kind: "undo"; target: UndoTarget }
  | { kind: "move"; instance: string; target: MoveTo }
  | { kind: "repair"; instance: string };

/** What ends a data space being another instance's: it moves from there, that one is gone, or both are one. */
export type Settling = "move" | "gone" | "same";

/** One order from its plan to its result. */
export class Push {
  order: Order = $state.raw({ kind: "push", instances: [] });
  parts: PlanPart[] = $state.raw([]);
  phase: "planning" | "planned" | "running" | "done" = $state("planning");
  report: PlanReport | null = $state.raw(null);
  run: Heard | null = $state.raw(null);
  result: PushDocument | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  /** What is planned once this order is done. */
  afterwards: Order | null = $state.raw(null);
  stopping: boolean = $state(false);
  /** The instances that were left out. */
  readonly left = new SvelteSet<string>();
  /** What was typed for an instance. */
  readonly typed = new SvelteMap<string, string>();
  readonly #backend: Backend;

  constructor(backend: Backend, order: Order) {
    this.#backend = backend;
    this.order = order;
  }

  /** The instances whose plans are ready to be carried out. */
  get agreed(): PlannedInstance[] {
    return (this.report?.instances ?? []).filter((each) => !this.left.has(each.id) && ready(each, this.typed.get(each.id)));
  }

  /** Whether a chosen instance still waits for its name. */
  get namesMissing(): boolean {
    return (this.report?.instances ?? []).some((each) => !this.left.has(each.id) && needsName(each) && !ready(each, this.typed.get(each.id)));
  }

  /** How many are chosen and could be carried out, confirmed or not. */
  get chosen(): number {
    return (this.report?.instances ?? []).filter((each) => !this.left.has(each.id) && applicable(each)).length;
  }

  /** How many could be carried out, chosen or not. */
  get applicable(): number {
    return (this.report?.instances ?? []).filter(applicable).length;
  }

  /** Looks at each instance and makes the plan anew. */
  async plan(): Promise<void> {
    this.phase = "planning";
    this.error = null;
    this.result = null;
    this.typed.clear();
    try {
      this.report = await this.#ask();
      this.phase = "planned";
    } catch (thrown) {
      this.report = null;
      this.error = asIpcError(thrown);
    }
  }

  /** Plans only these parts; both where none is named. */
  async limit(parts: PlanPart[]): Promise<void> {
    this.parts = parts;
    await this.plan();
  }

  /** Carries out what is agreed; what comes of it stays until it is read. */
  async apply(): Promise<void> {
    const agreed = this.agreed;
    if (agreed.length === 0 || this.phase !== "planned") return;
    const agreement: Agreement = {
      plans: agreed.map((each) => ({ instance: each.id, hash: each.hash ?? "" })),
      typedNames: agreed.filter(needsName).map((each) => this.typed.get(each.id) ?? ""),
    };
    this.run = waiting(agreed.map((each) => each.id));
    this.phase = "running";
    this.stopping = false;
    this.error = null;
    try {
      this.result = await this.#carryOut(agreement);
      this.phase = "done";
    } catch (thrown) {
      this.error = asIpcError(thrown);
      this.phase = "planned";
    }
  }

  /**
   * Ends what keeps a data space from an instance (G3), then plans anew: the other one is gone, or both are one
   * instance; or first the other one is disconnected from it, and this order comes afterwards.
   */
  async settle(planned: PlannedInstance, other: string, how: Settling): Promise<void> {
    try {
      const found = (await this.#backend.listInstances()).find((each) => each.name === other);
      if (!found) return await this.plan();
      if (how === "gone") await this.#backend.removeInstance(found.id);
      if (how === "same") await this.#backend.answer({ instance: planned.id, answer: "same" });
      if (how === "move") {
        this.afterwards = this.order;
        this.order = { kind: "detach", instance: found.id };
        this.left.clear();
      }
      await this.plan();
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  /** Goes on with what waited for another order. */
  async goOn(): Promise<void> {
    if (!this.afterwards) return;
    this.order = this.afterwards;
    this.afterwards = null;
    this.left.clear();
    await this.plan();
  }

  /** Stops what has not begun to write. */
  async stop(): Promise<void> {
    if (!this.run?.run) return;
    this.stopping = true;
    try {
      await this.#backend.cancel(this.run.run);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  /** Plans the failed ones of the last push again. */
  async retry(): Promise<void> {
    try {
      const failed = await this.#backend.failedOfLastPush();
      const instances = failed?.instances ?? (this.result?.instances ?? []).filter((each) => each.outcome !== "pushed").map((each) => each.id);
      this.order = { kind: "push", instances };
      if (failed && failed.parts.length === 1) this.parts = failed.parts;
      this.left.clear();
      await this.plan();
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  #ask(): Promise<PlanReport> {
    const { order } = this;
    if (order.kind === "detach") return this.#backend.planDetach(order.instance);
    if (order.kind === "undo") return this.#backend.planUndo(order.target);
    if (order.kind === "move") return this.#backend.planMove({ instance: order.instance, target: order.target });
    if (order.kind === "repair") return this.#backend.planRepair(order.instance);
    return this.#backend.plan({ instances: [...order.instances], parts: this.parts });
  }

  #carryOut(agreement: Agreement): Promise<PushDocument> {
    const { order } = this;
    const hear = (event: Parameters<typeof heard>[1]) => {
      if (this.run) this.run = heard(this.run, event);
    };
    if (order.kind === "detach") return this.#backend.detach(agreement, hear);
    if (order.kind === "undo") return this.#backend.undo({ target: order.target, agreement }, hear);
    if (order.kind === "move") return this.#backend.move({ target: order.target, agreement }, hear);
    if (order.kind === "repair") return this.#backend.repair({ agreement }, hear);
    return this.#backend.push({ agreement, parts: this.parts }, hear);
  }
}
