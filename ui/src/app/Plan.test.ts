import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { FakeBackend, id } from "../api/fake";
import App from "./App.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = FakeBackend.withFleet();
  backend.preferences = { language: "en", theme: "light", board: null, knowsTheWay: false };
});

async function preview(...names: string[]) {
  render(App, { backend });
  for (const name of names) await fireEvent.click(await screen.findByRole("checkbox", { name: `Choose ${name}` }));
  await fireEvent.click(screen.getByRole("button", { name: `Preview changes (${names.length})` }));
  await screen.findByRole("heading", { name: "Preview of changes" });
  await screen.findByRole("article", { name: names[0] ?? "" });
}
const guard = (effect: "blocked" | "confirm", name: string, words: Record<string, string> = {}) =>
  ({ id: effect === "blocked" ? "G3" : "G2", effect, text: "core's own", case: name, words });

test("chosen instances are planned, applied and turn connected", async () => {
  await preview("Nordlys Sweden", "Nordlys outlet");
  const planned = screen.getByRole("article", { name: "Nordlys Sweden" });
  expect(within(planned).getByText("Production API key")).toBeTruthy();
  expect(within(planned).getByText("a3c9 a3c9 … a3c9 a3c9")).toBeTruthy();
  expect(backend.calls).not.toContain("push");
  await fireEvent.click(screen.getByRole("button", { name: "Apply to 2 instances" }));
  expect(await screen.findByText("All done")).toBeTruthy();
  expect(screen.getAllByText(/Applied/)).toHaveLength(2);
  await fireEvent.click(screen.getByRole("button", { name: "To the board" }));
  await screen.findByRole("table", { name: "Instances" });
  const sweden = screen.getByText("Nordlys Sweden").closest("tr") as HTMLElement;
  await waitFor(() => expect(within(sweden).getByText("Connected")).toBeTruthy());
});

test("a guard that blocks says so in its own sentence, and nothing can be applied", async () => {
  backend.plans.set(id("3"), { guards: [guard("blocked", "usedElsewhere", { dataSpace: "Nordlys Production", other: "Nordlys live" })] });
  await preview("Nordlys Sweden");
  expect(screen.getByText("Nordlys Production belongs to Nordlys live. Each instance needs its own.")).toBeTruthy();
  const apply = screen.getByRole<HTMLButtonElement>("button", { name: "Nothing can be applied" });
  expect(apply.disabled).toBe(true);
  await fireEvent.click(apply);
  expect(backend.calls).not.toContain("push");
});

const usedByLive = () =>
  backend.plans.set(id("3"), { guards: [guard("blocked", "usedElsewhere", { dataSpace: "Nordlys Production", other: "Nordlys live" })] });

test("a data space of another instance's is moved from there first, and then the preview goes on", async () => {
  usedByLive();
  await preview("Nordlys Sweden");
  await fireEvent.click(screen.getByRole("button", { name: "Move it from Nordlys live" }));
  expect(await screen.findByRole("heading", { name: "Disconnect this copy" })).toBeTruthy();
  await screen.findByRole("article", { name: "Nordlys live" });
  await fireEvent.click(await screen.findByRole("button", { name: "Apply to 1 instance" }));
  backend.plans.delete(id("3"));
  await fireEvent.click(await screen.findByRole("button", { name: "Go on with the preview that waited" }));
  expect(await screen.findByRole("article", { name: "Nordlys Sweden" })).toBeTruthy();
  expect(backend.calls.filter((each) => each === "detach")).toHaveLength(1);
});

test("an instance that is gone is removed only after a second question; one that is the same is answered for", async () => {
  usedByLive();
  await preview("Nordlys Sweden");
  await fireEvent.click(screen.getByRole("button", { name: "Same instance, another way in" }));
  await waitFor(() => expect(backend.calls.filter((each) => each === "plan")).toHaveLength(2));
  expect(backend.calls).toContain("answer");
  await screen.findByRole("article", { name: "Nordlys Sweden" });
  await fireEvent.click(await screen.findByRole("button", { name: "Nordlys live is gone" }));
  expect(backend.calls).not.toContain("removeInstance");
  await fireEvent.click(screen.getByRole("button", { name: "Remove Nordlys live from this computer" }));
  await waitFor(() => expect(backend.calls).toContain("removeInstance"));
  expect(backend.world.rows.some((each) => each.name === "Nordlys live")).toBe(false);
});

test("a guard that asks is answered by the typed name", async () => {
  backend.plans.set(id("3"), { guards: [guard("confirm", "paymentsId", { id: "mp-1", name: "Nordlys Sweden" })] });
  await preview("Nordlys Sweden");
  const apply = () => screen.getByRole<HTMLButtonElement>("button", { name: /^Apply to/ });
  expect(apply().disabled).toBe(true);
  const name = screen.getByLabelText("Type Nordlys Sweden to confirm");
  await fireEvent.input(name, { target: { value: "nordlys sweden" } });
  expect(apply().disabled).toBe(true);
  await fireEvent.input(name, { target: { value: "Nordlys Sweden" } });
  expect(apply().disabled).toBe(false);
});

test("what was left out is not applied", async () => {
  await preview("Nordlys Sweden", "Nordlys outlet");
  await fireEvent.click(screen.getByRole("checkbox", { name: /Apply to Nordlys outlet/ }));
  await fireEvent.click(screen.getByRole("button", { name: "Apply to 1 instance" }));
  await screen.findByText("All done");
  expect(backend.world.journal.filter((each) => each.action === "push").map((each) => each.instanceName).slice(0, -1)).toEqual(["Nordlys Sweden"]);
});

test("a result stays, says what failed, and the failed ones are planned again", async () => {
  backend.outcomes.set(id("5"), { outcome: "failed", error: { code: "timedOut", text: "The server did not answer in time.", next: "Check your network." } });
  await preview("Nordlys Sweden", "Nordlys outlet");
  await fireEvent.click(screen.getByRole("button", { name: "Apply to 2 instances" }));
  expect(await screen.findByText("1 instance needs a look")).toBeTruthy();
  expect(screen.getByText(/did not answer in time/)).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Plan the failed ones again" }));
  await screen.findByRole("button", { name: "Apply to 1 instance" });
  expect(screen.getAllByRole("article")).toHaveLength(1);
});

test("a run shows how far each instance is, and can be stopped", async () => {
  await preview("Nordlys Sweden", "Nordlys outlet");
  backend.delayMs = 20;
  await fireEvent.click(screen.getByRole("button", { name: "Apply to 2 instances" }));
  expect(await screen.findByText("connecting")).toBeTruthy();
  expect(screen.getByText("waiting")).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Stop what has not begun to write" }));
  expect((await screen.findAllByText(/Stopped; nothing written/)).length).toBeGreaterThan(0);
  expect(backend.calls).toContain("cancel");
});

test("an instance that cannot be planned says why, the others go on", async () => {
  backend.plans.set(id("6"), { hash: null, changes: [], error: { code: "hostKeyChanged", text: "The server's host key has changed.", next: "Ask your host." } });
  await preview("Fjord B2B", "Nordlys Sweden");
  expect(screen.getByText("The server's host key has changed. Ask your host.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Apply to 1 instance" })).toBeTruthy();
});

test("a plan that cannot be made is told and tried again", async () => {
  backend.failAlways("plan", { code: "keychain", trouble: { code: "keychainLocked", text: "The keychain is locked.", next: "Unlock it." } });
  render(App, { backend });
  await fireEvent.click(await screen.findByRole("button", { name: "Preview changes" }));
  expect(await screen.findByText("The keychain is locked. Unlock it.")).toBeTruthy();
  backend.failAlways("plan", null);
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("article", { name: "Nordlys live" })).toBeTruthy();
});

test("a copy is disconnected from the conflict's next step", async () => {
  render(App, { backend });
  await fireEvent.click(await screen.findByRole("button", { name: /^Disconnect this copy/  }));
  expect(await screen.findByRole("heading", { name: "Disconnect this copy" })).toBeTruthy();
  await fireEvent.click(await screen.findByRole("button", { name: "Apply to 1 instance" }));
  await screen.findByText("All done");
  expect(backend.calls).toContain("detach");
});
