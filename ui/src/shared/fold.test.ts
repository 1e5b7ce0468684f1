import { expect, test } from "vitest";

import { holdsWords } from "./fold";

test("case, accents and width do not matter, and words may stand anywhere", () => {
  expect(holdsWords("Café Zürich live", "zurich CAFE")).toBe(true);
  expect(holdsWords("ＡＰＩ金鑰組", "api")).toBe(true);
  expect(holdsWords("Nordlys live", "nordlys staging")).toBe(false);
  expect(holdsWords("anything", "  ")).toBe(true);
});
