import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { FakeBackend, id } from "../api/fake";
import PlanPage from "../features/push/PlanPage.svelte";
import ResyncDialog from "../features/connection/ResyncDialog.svelte";
import { Push } from "../features/push/push.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = FakeBackend.withFleet();
});

test("a move says what is lost and what else happens, and waits for the name", async () => {
  const name = backend.world.rows.find((each) => each.id === id("3"))?.name ?? "";
  backend.plans.set(id("3"), {
    guards: [{ id: "G1", effect: "confirm", text: "", case: "movesAccount", words: { name, from: "MAG000000001", to: "MAG000000002" } }],
    also: [{ case: "resync", text: "", words: {} }, { case: "of tomorrow", text: "Something new happens.", words: {} }],
    changes: [{ path: "payment/payment_methods/method", from: "sandbox", to: null, scope: "websites 1" }],
  });
  const target = { sandbox: "s", production: "p", project: "x", dataSpace: "y" };
  render(PlanPage, { push: new Push(backend, { kind: "move", instance: id("3"), target }), close: () => undefined });
  expect(await screen.findByRole("heading", { name: "Move to another MageID" })).toBeTruthy();
  const card = await screen.findByRole("article", { name });
  expect(within(card).getByText(/from MAG000000001 to MAG000000002/)).toBeTruthy();
  expect(within(card).getByText("Search and recommendations stay empty until the catalogue is sent again.")).toBeTruthy();
  expect(within(card).getByText("Something new happens.")).toBeTruthy();
  expect(within(card).getByText("websites 1")).toBeTruthy();
  const apply = screen.getByRole<HTMLButtonElement>("button", { name: /^Apply to/ });
  expect(apply.disabled).toBe(true);
  await fireEvent.input(screen.getByLabelText(`Type ${name} to confirm`), { target: { value: name } });
  await fireEvent.click(apply);
  expect(await screen.findByText("All done")).toBeTruthy();
  expect(backend.calls).toContain("move");
});

test("the catalogue is sent feed by feed, and the result stays", async () => {
  render(ResyncDialog, { backend, instance: { id: id("3"), name: "Nordlys Sweden" }, close: () => undefined });
  expect(backend.calls).not.toContain("resync");
  await fireEvent.click(screen.getByRole("button", { name: "Send all feeds" }));
  expect(await screen.findByText("Everything was sent.")).toBeTruthy();
  for (const feed of ["scopesWebsite", "products", "prices"]) expect(screen.getByText(feed)).toBeTruthy();
});
