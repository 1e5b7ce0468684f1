import { expect, test } from "vitest";

import { dayHere, limits } from "./period";

const NOW = Date.parse("2026-03-20T12:00:00Z");

test("the last days reach back from now", () => {
  expect(limits("7", "", "", NOW)).toEqual({ since: "2026-03-13T12:00:00.000Z", until: null });
  expect(limits("any", "2026-03-01", "2026-03-02", NOW)).toEqual({ since: null, until: null });
});

test("two dates count whole, as days are here, and either may be open", () => {
  const { since, until } = limits("days", "2026-03-01", " 2026-03-02 ", NOW);
  expect(new Date(since ?? "").getTime()).toBe(new Date(2026, 2, 1).getTime());
  expect(new Date(until ?? "").getTime()).toBe(new Date(2026, 2, 3).getTime());
  expect(limits("days", "", "2026-02-28", NOW).since).toBeNull();
});

test("what is no day is none", () => {
  for (const text of ["", "20.03.2026", "2026-02-30", "2026-13-01", "2026-3-1"]) expect(dayHere(text), text).toBeNull();
});
