import type { AdobeWord } from "../../api/generated/AdobeWord";
import type { EvidenceGroup } from "../../api/generated/EvidenceGroup";

/** Adobe's rule about one fold: every value present, none, how many are missing, or not seen yet. */
export function ruleOf(group: EvidenceGroup, seen: boolean): "present" | "none" | "unseen" | number {
  if (!seen) return "unseen";
  const missing = group.values.filter((value) => !value.present).length;
  if (missing === 0) return "present";
  return missing === group.values.length ? "none" : missing;
}

/** The mark beside Adobe's word; the word says the same. */
export const markOf: Record<AdobeWord, string> = {
  accepted: "✓",
  rejected: "✕",
  notProvable: "?",
  absent: "○",
  neverAsked: "○",
};
