import { expect, test } from "vitest";

import type { RunEvent } from "../../api/generated/RunEvent";
import { ended, heard, waiting } from "./events";

const step = (instance: string, name: "connecting" | "writing" | "done", outcome: "pushed" | null = null): RunEvent =>
  ({ event: "step", instance, step: name, outcome });

test("each instance is as far as was last heard of it", () => {
  let run = waiting(["a", "b"]);
  for (const event of [{ event: "begun", run: "r" } as const, step("a", "connecting"), step("a", "writing"), step("b", "connecting"), step("a", "done", "pushed")]) {
    run = heard(run, event);
  }
  expect(run.run).toBe("r");
  expect(run.instances).toEqual({ a: { step: "done", outcome: "pushed" }, b: { step: "connecting", outcome: null } });
  expect(ended(run)).toBe(1);
});

test("what ended stays ended, and strangers are not taken in", () => {
  const run = heard(waiting(["a"]), step("a", "done", "pushed"));
  expect(heard(run, step("a", "writing"))).toBe(run);
  expect(heard(run, step("b", "writing"))).toBe(run);
});
