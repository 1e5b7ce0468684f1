import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { FakeBackend } from "../api/fake";
import App from "./App.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = FakeBackend.withFleet();
  backend.preferences = { language: "en", theme: "light", board: "list", knowsTheWay: false };
});

const click = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));

async function drifted() {
  render(App, { backend });
  await click("Nordlys outlet");
  return { section: await screen.findByRole("region", { name: "Expected and found" }) };
}

test("what drifted is told as expected and found, with who applied last", async () => {
  const { section } = await drifted();
  const rows = within(section).getAllByRole("row");
  expect(rows).toHaveLength(3);
  expect(rows[1]?.textContent).toMatch(/0000 0000/);
  expect(section.textContent).toContain("Last applied from here by mei");
  within(section).getByRole("button", { name: "Remind me in 7 days" });
});

test("accepting what it holds leaves nothing to differ", async () => {
  const { section } = await drifted();
  await fireEvent.click(within(section).getByRole("button", { name: "Accept what it holds" }));
  await expect.poll(() => screen.queryByRole("region", { name: "Expected and found" })).toBeNull();
});

test("the merchant's own view of rejected keys is explained", async () => {
  render(App, { backend });
  await click("Fjord outlet");
  await screen.findByText(/Payment Services shows that the account is not verified/);
});

test("an address is enough to just look at a shop", async () => {
  render(App, { backend });
  await click("Add an instance");
  await fireEvent.click(await screen.findByText("Only watch its address"));
  await fireEvent.input(await screen.findByLabelText("Address of the shop"), { target: { value: "https://nordlys.example/" } });
  await click("Just look at this shop");
  await screen.findByText(/The same data space is used by Nordlys staging/);
});
