import { expect, test } from "vitest";

import { row } from "../api/fake";
import { hasFaded, untilChange } from "./ageing";

const now = Date.parse("2026-03-20T09:00:00Z");
const at = (ms: number) => new Date(now + ms).toISOString();

test("a board without ages sleeps", () => {
  expect(untilChange([row({ name: "new" })], now)).toBeNull();
  expect(untilChange([], now)).toBeNull();
});

test("it wakes when the first light holds no longer", () => {
  const rows = [row({ name: "a", holdsUntil: at(40_000) }), row({ name: "b", holdsUntil: at(9_000) })];
  expect(untilChange(rows, now)).toBe(9_001);
  expect(hasFaded(rows, now + 9_000)).toBe(false);
  expect(hasFaded(rows, now + 9_001)).toBe(true);
});

test("it wakes when an age is told in other words", () => {
  expect(untilChange([row({ name: "a", provenAt: at(-3 * 60_000) })], now)).toBe(30_000);
  expect(untilChange([row({ name: "a", provenAt: at(-5 * 3_600_000) })], now)).toBe(1_800_000);
});

test("it never wakes in a hurry", () => {
  expect(untilChange([row({ name: "a", provenAt: at(-29_999) })], now)).toBeGreaterThanOrEqual(1_000);
  expect(untilChange([row({ name: "a", provenAt: at(3_600_000) })], now)).toBe(60_000);
});
