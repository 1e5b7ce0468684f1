import type { InstanceRow } from "../api/generated/InstanceRow";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * When time alone changes something that is shown, in milliseconds from `now`: a light that holds
 * no longer, or an age that is told in other words. `null` where nothing will.
 *
 * Sleeping until then instead of looking at the clock keeps a window that nobody touches asleep.
 */
export function untilChange(rows: readonly InstanceRow[], now: number): number | null {
  const moments = rows.flatMap((row) => {
    const holds = row.holdsUntil === null ? [] : [Date.parse(row.holdsUntil) + 1 - now];
    const ages = [row.provenAt, row.connectedAt].filter((at) => at !== null).map((at) => untilOlder(now - Date.parse(at)));
    return [...holds, ...ages];
  });
  const ahead = moments.filter((wait) => wait > 0);
  return ahead.length > 0 ? Math.min(...ahead) : null;
}

/** Whether a light that was on when the rows were read holds no longer. */
export function hasFaded(rows: readonly InstanceRow[], now: number): boolean {
  return rows.some((row) => row.holdsUntil !== null && Date.parse(row.holdsUntil) < now);
}

/** Until an age is told in other words: by the minute within two hours, then by the hour. */
function untilOlder(age: number): number {
  if (age < 0) return MINUTE;
  const unit = age < HOUR * 2 ? MINUTE : HOUR;
  // Ages are rounded, so their words change in the middle of a unit.
  const passed = (age + unit / 2) % unit;
  return Math.max(unit - passed, 1_000);
}
