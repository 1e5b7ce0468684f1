import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { Light } from "../../api/generated/Light";
import { holdsWords } from "../../shared/fold";

/** What the person wants to see of the board. */
export interface Filter {
  text: string;
  light: Light | null;
  /** The label of the one account that is shown; `null` shows all. */
  account: string | null;
}

/** How many instances show each light. */
export function count(rows: readonly InstanceRow[]): Record<Light, number> {
  const counts: Record<Light, number> = { connected: 0, needsALook: 0, notConnected: 0 };
  for (const row of rows) counts[row.light] += 1;
  return counts;
}

/**
 * The rows that a filter leaves, in the order they came. Every word must be found somewhere: in the
 * names, the tags, or what `said` adds, such as the words of role and state.
 */
export function matching(rows: readonly InstanceRow[], filter: Filter, said: (row: InstanceRow) => string = () => ""): InstanceRow[] {
  return rows.filter((row) => {
    if (filter.light && row.light !== filter.light) return false;
    if (filter.account && row.account !== filter.account) return false;
    const text = [row.name, row.account, row.dataSpace ?? "", row.address, ...row.tags, said(row)].join("\n");
    return holdsWords(text, filter.text);
  });
}
