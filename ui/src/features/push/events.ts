import type { PushOutcome } from "../../api/generated/PushOutcome";
import type { RunEvent } from "../../api/generated/RunEvent";
import type { RunStep } from "../../api/generated/RunStep";

/** How far one instance is. */
export interface Reached {
  step: RunStep | "waiting";
  outcome: PushOutcome | null;
}

/** A run as far as it was heard. */
export interface Heard {
  run: string | null;
  instances: Readonly<Record<string, Reached>>;
}

/** A run of which nothing was heard yet. */
export function waiting(instances: readonly string[]): Heard {
  return { run: null, instances: Object.fromEntries(instances.map((id) => [id, { step: "waiting", outcome: null }])) };
}

/** What is known after one more event. What ended stays ended, whatever comes late. */
export function heard(before: Heard, event: RunEvent): Heard {
  if (event.event === "begun") return { ...before, run: event.run };
  const known = before.instances[event.instance];
  if (!known || known.step === "done") return before;
  return { ...before, instances: { ...before.instances, [event.instance]: { step: event.step, outcome: event.outcome } } };
}

/** How many have ended. */
export function ended(run: Heard): number {
  return Object.values(run.instances).filter((each) => each.step === "done").length;
}
