import { expect, test } from "vitest";

import { evidenceOf, row } from "../../api/fakeFleet";
import { ruleOf } from "./folds";

test("Adobe's rule tells present, missing and none apart, and claims nothing of what was not seen", () => {
  const [sandbox, production, identifier] = evidenceOf(row({ name: "a", state: "incomplete", productionKey: "a".repeat(64), dataSpace: "Nordlys Production" })).groups;
  if (!sandbox || !production || !identifier) throw new Error("three folds");
  expect(ruleOf(sandbox, true)).toBe("none");
  expect(ruleOf(production, true)).toBe("present");
  // The row has no id of its data space, so one of five is missing.
  expect(ruleOf(identifier, true)).toBe(1);
  expect(ruleOf(production, false)).toBe("unseen");
});
