import { expect, test } from "vitest";

import { grouped } from "./grouped";

test.each([
  ["b81f20c4" + "0".repeat(48) + "90aa7e13", "b81f 20c4 … 90aa 7e13"],
  ["22222222-2222-4222-8222-222222222222", "22222222 … 22222222"],
  ["Nordlys Production", "Nordlys Production"],
  ["deadbeef", "deadbeef"],
  ["", ""],
])("%s is read as %s", (text, shown) => {
  expect(grouped(text)).toBe(shown);
});
