import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { Light } from "../../api/generated/Light";

/** What the person wants to see of the board. */
export interface Filter {
  text: string;
  light: Light | null;
}

/** How many instances show each light. */
export function count(rows: readonly InstanceRow[]): Record<Light, number> {
  const counts: Record<Light, number> = { connected: 0, needsALook: 0, notConnected: 0 };
  for (const row of rows) counts[row.light] += 1;
  return counts;
}

/** The rows that a filter leaves, in the order they came. Every word must be found somewhere. */
export function matching(rows: readonly InstanceRow[], filter: Filter): InstanceRow[] {
  const words = fold(filter.text).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (filter.light && row.light !== filter.light) return false;
    const text = fold([row.name, row.account, row.dataSpace ?? "", row.address].join("\n"));
    return words.every((word) => text.includes(word));
  });
}

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
