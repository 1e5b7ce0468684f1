import { expect, test } from "vitest";

import { asIpcError } from "./backend";
import { FakeBackend } from "./fake";
import { anything } from "./fakeJournal";
import type { RunEvent } from "./generated/RunEvent";

test("six instances stand in six states", async () => {
  const rows = await FakeBackend.withFleet().listInstances();
  expect(rows).toHaveLength(6);
  expect(new Set(rows.map((each) => each.state)).size).toBe(6);
});

test("what is handed out is a picture: changing it changes nothing", async () => {
  const backend = FakeBackend.withFleet();
  const [first] = await backend.listInstances();
  if (first) first.name = "changed";
  expect((await backend.listInstances())[0]?.name).not.toBe("changed");
});

test("a push tells every step, turns the instance connected and is remembered", async () => {
  const backend = FakeBackend.withFleet();
  let changes = 0;
  await backend.watchRecords(() => (changes += 1));
  const target = backend.rows.find((each) => each.state === "notConnected");
  const plan = await backend.plan({ instances: [target?.id ?? ""], parts: [] });
  const plans = plan.instances.map((each) => ({ instance: each.id, hash: each.hash ?? "" }));
  const heard: RunEvent[] = [];
  const report = await backend.push({ agreement: { plans, typedNames: [] }, parts: [] }, (event) => heard.push(event));
  expect(report.instances.map((each) => each.outcome)).toEqual(["pushed"]);
  expect(heard[0]?.event).toBe("begun");
  expect(heard.at(-1)).toMatchObject({ step: "done", outcome: "pushed" });
  expect((await backend.listInstances()).find((each) => each.id === target?.id)?.state).toBe("connected");
  const journal = await backend.listJournal({ filter: { ...anything, instance: target?.id ?? null }, skip: 0, limit: 10 });
  expect(journal.entries[0]).toMatchObject({ action: "push", canUndo: true });
  expect(changes).toBe(1);
});

test("a run that is stopped writes nothing more", async () => {
  const backend = FakeBackend.withFleet();
  const plans = backend.rows.slice(0, 3).map((each) => ({ instance: each.id, hash: "a".repeat(64) }));
  const report = await backend.push({ agreement: { plans, typedNames: [] }, parts: [] }, (event) => {
    if (event.event === "begun") void backend.cancel(event.run);
  });
  expect(report.instances.at(-1)?.outcome).toBe("cancelled");
});

test("one call can be made to fail, and the next one works", async () => {
  const backend = FakeBackend.withFleet();
  backend.failNext({ code: "internal" });
  const thrown: unknown = await backend.listAccounts().catch((each: unknown) => each);
  expect(asIpcError(thrown)).toEqual({ code: "internal" });
  expect(await backend.listAccounts()).toHaveLength(2);
});

test("drops reach whoever listens, and nobody after that", async () => {
  const backend = new FakeBackend();
  const heard: string[] = [];
  expect(backend.drop({ event: "over" })).toBe(false);
  const stop = await backend.receiveDrops((event) => heard.push(event.event));
  expect(backend.drop({ event: "over" })).toBe(true);
  stop();
  expect(backend.drop({ event: "left" })).toBe(false);
  expect(heard).toEqual(["over"]);
});
