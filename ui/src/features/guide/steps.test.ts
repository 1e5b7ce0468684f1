import { expect, test } from "vitest";

import { keyPair, row } from "../../api/fakeFleet";
import { progress } from "./steps";

const should = { sandbox: null, production: "p", dataSpaceId: "d", dataSpace: "Testing" };
const next = (...given: Parameters<typeof progress>) => progress(...given).next;

test("the guide goes on from what is there", () => {
  const pairs = [keyPair({ id: "p", name: "production" })];
  expect(next([], [])).toBe("key");
  expect(next([], pairs)).toBe("instance");
  expect(next([row({ name: "a" })], [])).toBe("key");
  expect(next([row({ name: "a" })], pairs)).toBe("assign");
  expect(next([row({ name: "a", should })], pairs)).toBe("apply");
  expect(next([row({ name: "a", should, dataSpaceId: "d" })], pairs)).toBe("proof");
  expect(next([row({ name: "a", should, dataSpaceId: "d", state: "connected" })], pairs)).toBeNull();
});

test("the instance that is furthest is the one it is about, and what is only watched is not", () => {
  const rows = [row({ name: "watched", watchOnly: true, state: "connected" }), row({ name: "new" }), row({ name: "assigned", should })];
  expect(progress(rows, []).row?.name).toBe("assigned");
  expect(progress([row({ name: "watched", watchOnly: true })], []).row).toBeNull();
});

test("a pair that was lost on the way does not count as brought", () => {
  expect(next([], [keyPair({ id: "p", name: "lost", state: "lostOnTheWay" })])).toBe("key");
});
