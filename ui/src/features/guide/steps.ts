import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { KeyPairRow } from "../../api/generated/KeyPairRow";

/** The way to the first connected instance, in its order. */
export const STEPS = ["key", "instance", "assign", "apply", "proof"] as const;

/** One step of the way. */
export type GuideStep = (typeof STEPS)[number];

/** What is done already, told from what is there: the guide can be left at any time and goes on from the truth. */
export interface Progress {
  done: ReadonlySet<GuideStep>;
  /** The next one; `null` once an instance is connected. */
  next: GuideStep | null;
  /** The instance the next step is about, where there is one. */
  row: InstanceRow | null;
}

/** How far the way to the first connected instance has been gone. */
export function progress(rows: readonly InstanceRow[], keyPairs: readonly KeyPairRow[]): Progress {
  const furthest = [...rows].filter((row) => !row.watchOnly).sort((one, other) => reached(other) - reached(one))[0] ?? null;
  const far = furthest ? reached(furthest) : 0;
  const done = new Set<GuideStep>();
  // A key that only the instance holds is as good as one that lies here: nothing has to be brought.
  if (far >= 2 || keyPairs.some((pair) => pair.state === "ready" || pair.state === "heldByInstance")) done.add("key");
  if (far >= 1) done.add("instance");
  if (far >= 2) done.add("assign");
  if (far >= 3) done.add("apply");
  if (far >= 4) done.add("proof");
  return { done, next: done.has("proof") ? null : (STEPS.find((step) => !done.has(step)) ?? null), row: furthest };
}

function reached(row: InstanceRow): number {
  // Once is enough: whoever got here knows the way, also when the proof has faded since.
  if (row.state === "connected" || row.connectedAt) return 4;
  if (row.should && row.dataSpaceId === row.should.dataSpaceId) return 3;
  return row.should ? 2 : 1;
}
