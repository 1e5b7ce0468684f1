/** A stretch of time as a person names it; `days` are two dates. */
export type Period = "any" | "7" | "30" | "90" | "days";

export const PERIODS: readonly Period[] = ["any", "7", "30", "90", "days"];

/** The first moment of a day (`2026-03-20`) here, so many days later; `null` where there is no such day. */
export function dayHere(text: string, later = 0): Date | null {
  const [, year, month, day] = (/^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim()) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return null;
  const date = new Date(year, month - 1, day);
  const there = date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return there ? new Date(year, month - 1, day + later) : null;
}

/** From when until when; open where nothing, or no day, is given. The last day counts whole. */
export function limits(period: Period, from: string, to: string, now: number): { since: string | null; until: string | null } {
  if (period === "any") return { since: null, until: null };
  if (period === "days") return { since: dayHere(from)?.toISOString() ?? null, until: dayHere(to, 1)?.toISOString() ?? null };
  return { since: new Date(now - Number(period) * 86_400_000).toISOString(), until: null };
}
