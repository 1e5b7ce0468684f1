import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { NextStep } from "../../api/generated/NextStep";

/** What can be done about an instance besides its next step. */
export type OtherStep = "check" | "assign" | "plan" | "repair" | "adopt" | "resync" | "move" | "detach" | "edit" | "remove";

/** The states in which going back to what was last proven can help. */
const NOT_AS_ASSIGNED: readonly InstanceRow["state"][] = ["notConnected", "incomplete", "accountNotVerified", "dataSpaceConflict", "dataSpaceMismatch", "drifted"];

/** Anything that can be done about an instance. */
export type Step = NextStep | OtherStep;

/** The other steps that make sense for it, in their order; what the next step does is not repeated. */
export function otherSteps(row: Pick<InstanceRow, "state" | "watchOnly" | "assigned" | "nextStep" | "role" | "sandboxKey" | "productionKey" | "dataSpace">): OtherStep[] {
  const holds = row.sandboxKey !== null || row.productionKey !== null || row.dataSpace !== null;
  const copy = row.role === "staging" || row.role === "development";
  const steps: OtherStep[] = ["check"];
  if (!row.watchOnly) {
    steps.push("assign");
    if (row.assigned) steps.push("plan");
    if (row.assigned && NOT_AS_ASSIGNED.includes(row.state)) steps.push("repair");
    if (holds && !row.assigned) steps.push("adopt");
    if (row.assigned && row.dataSpace !== null) steps.push("resync", "move");
    if (holds && copy) steps.push("detach");
  }
  steps.push("edit", "remove");
  return steps.filter((step) => step !== row.nextStep && !(step === "detach" && row.nextStep === "resolveConflict"));
}
