import { expect, test } from "vitest";

import { row } from "../../api/fake";
import { count, matching } from "./rows";

const rows = [
  row({ name: "Nordlys live", state: "connected", light: "connected", dataSpace: "Production" }),
  row({ name: "Nordlys staging", state: "dataSpaceConflict" }),
  row({ name: "Fjørd outlet", account: "Fjord", address: "fjord", state: "accountNotVerified", light: "notConnected" }),
];
const names = (filter: { text?: string; light?: "connected" | "needsALook" | "notConnected"; account?: string }) =>
  matching(rows, { text: filter.text ?? "", light: filter.light ?? null, account: filter.account ?? null }, (each) => each.role).map((each) => each.name);

test("each light is counted", () => {
  expect(count(rows)).toEqual({ connected: 1, needsALook: 1, notConnected: 1 });
  expect(count([])).toEqual({ connected: 0, needsALook: 0, notConnected: 0 });
});

test("every word of the filter must be found, in any order and any case", () => {
  expect(names({ text: "STAGING nordlys" })).toEqual(["Nordlys staging"]);
  expect(names({ text: "nordlys fjord" })).toEqual([]);
  expect(names({ text: "production" })).toEqual(["Nordlys live"]);
  expect(names({ text: "   " })).toHaveLength(3);
});

test("light and text narrow together", () => {
  expect(names({ light: "needsALook" })).toEqual(["Nordlys staging"]);
  expect(names({ light: "needsALook", text: "outlet" })).toEqual([]);
});

test("one account narrows too, and tags and words of the role are found", () => {
  expect(names({ account: "Fjord" })).toEqual(["Fjørd outlet"]);
  const tagged = [row({ name: "a", tags: ["black-friday"] }), row({ name: "b", role: "staging" })];
  const left = (text: string) => matching(tagged, { text, light: null, account: null }, (each) => each.role).map((each) => each.name);
  expect(left("friday")).toEqual(["a"]);
  expect(left("staging")).toEqual(["b"]);
});
