import { expect, test, vi } from "vitest";

import { row } from "../api/fakeFleet";
import { languages } from "../i18n";
import { deeds, found, type Doer } from "./deeds";

const doer = (): Doer => ({ go: vi.fn(), add: vi.fn(), bring: vi.fn(), create: vi.fn(), checkAll: vi.fn(), preview: vi.fn(), switchView: vi.fn(), open: vi.fn(), check: vi.fn(), next: vi.fn() });
const rows = [row({ name: "Nordlys live", state: "connected", nextStep: "setUpPayments" }), row({ name: "Fjord outlet", account: "Fjord" })];

test("a deed is found by its words in either language, and by its instance", () => {
  const all = deeds(languages.en, rows, doer());
  expect(found(all, "歷程").map((deed) => deed.id)).toEqual(["go history"]);
  expect(found(all, "check nordlys").map((deed) => deed.id)).toEqual(["check Nordlys live"]);
  expect(found(all, "fjord").map((deed) => deed.id)).toEqual(["open Fjord outlet", "next Fjord outlet"]);
  expect(found(all, "nothing of that name")).toEqual([]);
});

test("a deed does what it says, to the instance it names", () => {
  const hands = doer();
  const all = deeds(languages["zh-Hant"], rows, hands);
  found(all, "next step 測試沙箱");
  found(all, "測試沙箱 nordlys")[0]?.act();
  expect(hands.next).toHaveBeenCalledWith(rows[0]);
  found(all, languages["zh-Hant"].app.settings)[0]?.act();
  expect(hands.go).toHaveBeenCalledWith("settings");
});

test("a thousand instances do not make a list of three thousand", () => {
  const many = Array.from({ length: 1_000 }, (_, index) => row({ name: `shop ${String(index)}` }));
  expect(found(deeds(languages.en, many, doer()), "")).toHaveLength(40);
});
