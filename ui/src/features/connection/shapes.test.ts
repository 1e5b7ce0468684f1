import { expect, test } from "vitest";

import { shapes } from "./shapes";

test("every state is told from every other by its shape alone", () => {
  const drawn = Object.values(shapes).map((marks) => JSON.stringify(marks));
  expect(drawn).toHaveLength(13);
  expect(new Set(drawn).size).toBe(13);
});

test("every stroke stays inside its box", () => {
  for (const [state, marks] of Object.entries(shapes)) {
    for (const { d } of marks) {
      const absolute = [...d.matchAll(/M(-?[\d.]+)[ ,](-?[\d.]+)/g)];
      expect(absolute.length, state).toBeGreaterThan(0);
      for (const [, x, y] of absolute) {
        for (const at of [Number(x), Number(y)]) expect(at >= 1 && at <= 19, `${state}: ${d}`).toBe(true);
      }
    }
  }
});
