import { expect, test } from "vitest";

import { row } from "../../api/fakeFleet";
import { otherSteps } from "./steps";

test("only what makes sense is offered, and the next step not twice", () => {
  expect(otherSteps(row({ name: "new", nextStep: "check" }))).toEqual(["assign", "edit", "remove"]);
  expect(otherSteps(row({ name: "found", nextStep: "assign", productionKey: "a" }))).toEqual(["check", "adopt", "edit", "remove"]);
  expect(otherSteps(row({ name: "watched", watchOnly: true, assigned: true }))).toEqual(["edit", "remove"]);
});

test("only a copy that holds something can be disconnected", () => {
  const held = { dataSpace: "Production", assigned: true, nextStep: "check" } as const;
  expect(otherSteps(row({ name: "live", ...held }))).not.toContain("detach");
  expect(otherSteps(row({ name: "copy", role: "staging", ...held }))).toContain("detach");
  expect(otherSteps(row({ name: "copy", role: "staging" }))).not.toContain("detach");
});
