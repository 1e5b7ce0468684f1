import type { GuardSaid } from "../../api/generated/GuardSaid";
import type { PlannedChange } from "../../api/generated/PlannedChange";
import type { PlannedInstance } from "../../api/generated/PlannedInstance";
import { groupOf } from "../../i18n/words/values";

export type Group = ReturnType<typeof groupOf>;

/** One changed value as it is shown. */
export interface Row extends PlannedChange {
  kind: "set" | "change" | "remove";
}

const ORDER: readonly Group[] = ["sandboxKeys", "productionKeys", "saasIdentifier", "payments"];

/** The changes under the folds of the Admin's page, in its order; folds without changes are left out. */
export function grouped(changes: readonly PlannedChange[]): { group: Group; rows: Row[] }[] {
  return ORDER.map((group) => ({
    group,
    rows: changes.filter((change) => groupOf(change.path) === group).map((change) => ({ ...change, kind: kindOf(change) })),
  })).filter((each) => each.rows.length > 0);
}

function kindOf(change: PlannedChange): Row["kind"] {
  if (change.to === null) return "remove";
  return change.from === null ? "set" : "change";
}

/** Whether a plan may be carried out: there is one, it changes something, and nothing forbids it. */
export function applicable(planned: PlannedInstance): boolean {
  return planned.error === null && planned.hash !== null && planned.changes.length > 0 && !has(planned.guards, "blocked");
}

/** Whether the instance's name must be typed first. */
export function needsName(planned: PlannedInstance): boolean {
  return applicable(planned) && has(planned.guards, "confirm");
}

/** Whether a plan is ready, given what was typed for it: letter by letter the instance's name. */
export function ready(planned: PlannedInstance, typed: string | undefined): boolean {
  return applicable(planned) && (!needsName(planned) || typed === planned.name);
}

function has(guards: readonly GuardSaid[], effect: GuardSaid["effect"]): boolean {
  return guards.some((guard) => guard.effect === effect);
}
