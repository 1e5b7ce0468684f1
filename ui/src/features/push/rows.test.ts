import { expect, test } from "vitest";

import { PATHS } from "../../api/fakeFleet";
import type { PlannedInstance } from "../../api/generated/PlannedInstance";
import { applicable, grouped, needsName, ready } from "./rows";

const change = { path: PATHS.dataSpaceId, from: "old", to: "new" };
const plan = (different: Partial<PlannedInstance>): PlannedInstance =>
  ({ id: "1", name: "Nordlys live", hash: "h", changes: [change], locks: [], guards: [], also: [], error: null, ...different });
const guard = (effect: "blocked" | "confirm" | "warning") => ({ id: "G2", effect, text: "", case: "paymentsId", words: {} });

test("changes stand under the Admin's folds, in its order", () => {
  const rows = grouped([
    change,
    { path: "payment/payment_methods/method", from: "production", to: null },
    { path: PATHS.productionApiKey, from: null, to: "b" },
    { path: PATHS.sandboxPrivateKey, from: "a", to: "b" },
  ]);
  expect(rows.map((each) => each.group)).toEqual(["sandboxKeys", "productionKeys", "saasIdentifier", "payments"]);
  expect(rows.flatMap((each) => each.rows.map((row) => row.kind))).toEqual(["change", "set", "change", "remove"]);
});

test("a blocked, failed or empty plan cannot be applied", () => {
  expect(applicable(plan({}))).toBe(true);
  expect(applicable(plan({ guards: [guard("warning")] }))).toBe(true);
  expect(applicable(plan({ guards: [guard("confirm"), guard("blocked")] }))).toBe(false);
  expect(applicable(plan({ changes: [] }))).toBe(false);
  expect(applicable(plan({ hash: null, error: { code: "timedOut", text: "", next: "" } }))).toBe(false);
});

test("a guard that asks is satisfied by the whole name and by nothing else", () => {
  const asks = plan({ guards: [guard("confirm")] });
  expect(needsName(asks)).toBe(true);
  for (const typed of [undefined, "", "nordlys live", "Nordlys live ", "Nordlys"]) expect(ready(asks, typed)).toBe(false);
  expect(ready(asks, "Nordlys live")).toBe(true);
  expect(ready(plan({}), undefined)).toBe(true);
});
