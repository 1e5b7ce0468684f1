import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { FakeBackend } from "../api/fake";
import App from "./App.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = FakeBackend.withFleet();
  backend.preferences = { language: "en", theme: "system", board: "patch", knowsTheWay: false };
});

test("the board is a patch view with the cables told in words", async () => {
  render(App, { backend });
  const plate = (await screen.findByRole("button", { name: "Nordlys staging" })).closest("li");
  expect(within(plate as HTMLElement).getByText("Data space: Nordlys Production, used twice, or not fitting")).toBeTruthy();
  expect(screen.getByText(/2 instances, 1 allowed/)).toBeTruthy();
});

test("a cable is taken and plugged in by keyboard, and only decides", async () => {
  render(App, { backend });
  const knob = await screen.findByRole("button", { name: "Take the cable of Nordlys sandbox" });
  await fireEvent.click(knob, { detail: 0 });
  expect(knob.getAttribute("aria-pressed")).toBe("true");
  expect(screen.getByText(/You hold the cable of Nordlys sandbox/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Fjord outlet belongs to another account, or is only watched." })).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Plug Nordlys sandbox into Nordlys staging" }));
  expect(await screen.findByRole("heading", { name: /Nordlys staging/ })).toBeTruthy();
  expect(backend.calls).not.toContain("assign");
});

test("Escape puts the cable back, and the inspector stays", async () => {
  render(App, { backend });
  await fireEvent.click(await screen.findByRole("button", { name: "Nordlys live" }));
  await screen.findByRole("complementary");
  const knob = screen.getByRole("button", { name: "Take the cable of Nordlys sandbox" });
  await fireEvent.click(knob, { detail: 0 });
  await fireEvent.keyDown(window, { key: "Escape" });
  expect(knob.getAttribute("aria-pressed")).toBe("false");
  expect(screen.queryByRole("complementary")).not.toBeNull();
});

test("one key shows the same as a list, and it is remembered", async () => {
  render(App, { backend });
  await screen.findByRole("button", { name: "Nordlys live" });
  await fireEvent.keyDown(document.body, { key: "v" });
  await waitFor(() => expect(screen.getAllByRole("rowheader").length).toBe(6));
  expect(backend.preferences.board).toBe("list");
  await fireEvent.keyDown(screen.getByRole("searchbox"), { key: "v" });
  expect(backend.preferences.board).toBe("list");
});

test("free data spaces are asked for when a person asks", async () => {
  render(App, { backend });
  expect(backend.calls).not.toContain("listDataSpaces");
  await fireEvent.click(await screen.findByRole("button", { name: "Ask Adobe for free data spaces" }));
  expect(await screen.findByText("Nordlys Testing 1")).toBeTruthy();
});
