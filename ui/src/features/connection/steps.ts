import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { NextStep } from "../../api/generated/NextStep";

/** What can be done about an instance besides its next step. */
export type OtherStep = "check" | "assign" | "plan" | "adopt" | "detach" | "edit" | "remove";

/** Anything that can be done about an instance. */
export type Step = NextStep | OtherStep;

/** The other steps that make sense for it, in their order; what the next step does is not repeated. */
export function otherSteps(row: Pick<InstanceRow, "watchOnly" | "assigned" | "nextStep" | "role" | "sandboxKey" | "productionKey" | "dataSpace">): OtherStep[] {
  const holds = row.sandboxKey !== null || row.productionKey !== null || row.dataSpace !== null;
  const copy = row.role === "staging" || row.role === "development";
  const steps: OtherStep[] = ["check"];
  if (!row.watchOnly) {
    steps.push("assign");
    if (row.assigned) steps.push("plan");
    if (holds && !row.assigned) steps.push("adopt");
    if (holds && copy) steps.push("detach");
  }
  steps.push("edit", "remove");
  return steps.filter((step) => step !== row.nextStep && !(step === "detach" && row.nextStep === "resolveConflict"));
}
