import { expect, test } from "vitest";

import { id, keyPair, row, sixInstances, uuid } from "../../api/fakeFleet";
import { fits, patch, runOf, type Look } from "./patch";

const world = sixInstances();
const drawn = patch(world.rows, world.keyPairs, []);
const looks = (instance: string) => {
  const at = world.rows.find((each) => each.name === instance)?.id;
  return Object.fromEntries(drawn.cables.filter((cable) => cable.instance === at).map((cable) => [`${cable.slot} ${cable.source.split(" ")[0] ?? ""}`, cable.look]));
};

test("what Adobe vouches for is drawn as proven, all three jacks", () => {
  expect(looks("Nordlys live")).toEqual({ "production pair": "proven", "sandbox pair": "proven", "dataSpace space": "proven" });
});

test("a data space used twice and rejected keys have looks of their own", () => {
  expect(looks("Nordlys staging")["dataSpace space"]).toBe("conflict");
  expect(looks("Fjord outlet")["production pair"]).toBe("rejected");
});

test("what is assigned but not there yet waits", () => {
  expect(looks("Nordlys outlet")["sandbox pair"]).toBe("waiting");
});

test("what is there instead of the assigned one is a stray beside the waiting one", () => {
  const should = { sandbox: null, production: id("a"), dataSpaceId: uuid("3"), dataSpace: "Testing" };
  const strayed = row({ name: "copy", dataSpaceId: uuid("2"), dataSpace: "Production", should });
  const { cables } = patch([strayed], world.keyPairs, []);
  const of = (slot: string): Look[] => cables.filter((cable) => cable.slot === slot).map((cable) => cable.look);
  expect(of("dataSpace")).toEqual(["stray", "waiting"]);
  expect(of("production")).toEqual(["waiting"]);
});

test("a key nobody here has is a loose end, one for each key, and cannot be taken", () => {
  const two = ["a", "b"].map((name) => row({ name, productionKey: "f".repeat(64) }));
  const { pairs, cables } = patch(two, [], []);
  expect(pairs).toHaveLength(1);
  expect(cables).toHaveLength(2);
  expect(pairs.every((each) => two.every((at) => !fits(each, at)))).toBe(true);
});

test("one key kept for two accounts is taken as the instance's own", () => {
  const shared = { fingerprint: "f".repeat(64) };
  const pairs = [keyPair({ id: id("1"), name: "theirs", account: "Fjord", ...shared }), keyPair({ id: id("2"), name: "ours", ...shared })];
  const { cables } = patch([row({ name: "a", productionKey: "f".repeat(64) })], pairs, []);
  expect(cables.map((cable) => cable.source)).toEqual([`pair ${id("2")}`]);
});

test("free data spaces come from the registry's answer, with their type", () => {
  const registries = world.registry.map((page, index) => ({ account: index === 0 ? "Fjord" : "Nordlys Group", page }));
  const { spaces, cables } = patch(world.rows, world.keyPairs, registries);
  const free = spaces.filter((space) => !cables.some((cable) => cable.source === space.id));
  expect(free.map((space) => [space.name, space.type])).toEqual([["Nordlys Testing 1", "Testing"]]);
});

test("nothing of another account fits, and nothing fits what is only watched", () => {
  const [pair] = drawn.pairs.filter((each) => each.name === "Nordlys production");
  if (!pair) throw new Error("the fleet has that pair");
  expect(fits(pair, row({ name: "own" }))).toBe(true);
  expect(fits(pair, row({ name: "other", account: "Fjord" }))).toBe(false);
  expect(fits(pair, row({ name: "seen", watchOnly: true }))).toBe(false);
});

test("a run is an end with its cables and their other ends, and nothing more", () => {
  const live = world.rows.find((each) => each.name === "Nordlys live")?.id ?? "";
  const run = runOf(live, drawn.cables);
  expect([...run].filter((each) => each.startsWith("pair "))).toHaveLength(2);
  expect([...run].some((each) => each === id("4"))).toBe(false);
});
