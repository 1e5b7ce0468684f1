import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { FakeBackend, row } from "../api/fake";
import App from "./App.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = new FakeBackend([
    row({ name: "Nordlys live", state: "connected", light: "connected", provenAt: new Date().toISOString() }),
    row({ name: "Nordlys staging", role: "staging", state: "dataSpaceConflict" }),
    row({ name: "Fjord outlet", state: "accountNotVerified", light: "notConnected" }),
  ]);
  backend.preferences = { language: "en", theme: "system", board: null, knowsTheWay: false };
});

const open = () => render(App, { backend });
const names = () => screen.getAllByRole("rowheader").map((each) => each.textContent.trim().split(/\s{2,}/)[0]);

test("every instance is shown with the words of its state", async () => {
  open();
  const staging = (await screen.findByText("Nordlys staging")).closest("tr");
  expect(staging).not.toBeNull();
  expect(within(staging as HTMLElement).getByText("Data space used twice")).toBeTruthy();
  expect(within(staging as HTMLElement).getByText("staging")).toBeTruthy();
  expect(staging?.querySelector("[data-state=dataSpaceConflict]")).not.toBeNull();
  expect(screen.getByText("3 instances")).toBeTruthy();
});

test("a light is a filter that can be pressed and released", async () => {
  open();
  const light = await screen.findByRole("button", { name: "Not connected 1" });
  await fireEvent.click(light);
  expect(light.getAttribute("aria-pressed")).toBe("true");
  expect(screen.getByText("1 of 3 instances")).toBeTruthy();
  expect(names()).toHaveLength(1);
  await fireEvent.click(light);
  expect(names()).toHaveLength(3);
});

test("a filter that leaves nothing offers the way back", async () => {
  open();
  await fireEvent.input(await screen.findByRole("searchbox"), { target: { value: "zzz" } });
  await fireEvent.click(screen.getByRole("button", { name: "Show all" }));
  expect(names()).toHaveLength(3);
});

test("an empty board shows the ways to begin, the demo among them", async () => {
  backend.rows = [];
  open();
  expect(await screen.findByRole("heading", { name: "No instances yet" })).toBeTruthy();
  for (const name of ["Connect one over SSH", "Adopt one that is already connected", "Only watch one"]) {
    expect(screen.getByRole("button", { name })).toBeTruthy();
  }
  await fireEvent.click(screen.getByRole("button", { name: "Try it with the demo fleet" }));
  expect(backend.calls).toContain("openDemo");
});

test("a chosen instance shows its evidence in the Admin's order, and Escape closes it", async () => {
  backend = FakeBackend.withFleet();
  open();
  const name = await screen.findByRole("button", { name: "Nordlys live" });
  await fireEvent.click(name);
  const panel = await screen.findByRole("complementary", { name: "Nordlys live" });
  const folds = await within(panel).findAllByRole("rowheader");
  expect(folds.map((each) => each.textContent)).toEqual(["Sandbox Keys", "Production Keys", "SaaS Identifier"]);
  expect(within(panel).getByRole("columnheader", { name: "Adobe's rule (values present)" })).toBeTruthy();
  expect(within(panel).getByRole("columnheader", { name: "Patchbay's proof (Adobe answered)" })).toBeTruthy();
  expect(within(panel).getByText("Its data space is also used by Nordlys staging.")).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Set up your test sandbox" }));
  await fireEvent.keyDown(await screen.findByRole("dialog"), { key: "Escape" });
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(screen.queryByRole("complementary")).not.toBeNull();
  await fireEvent.keyDown(window, { key: "Escape" });
  expect(screen.queryByRole("complementary")).toBeNull();
});

test("a check shows how far it is and can be stopped", async () => {
  backend = FakeBackend.withFleet();
  open();
  await screen.findByText("Nordlys live");
  backend.delayMs = 15;
  await fireEvent.click(screen.getAllByRole("button", { name: "Check now" })[0] as HTMLElement);
  expect(await screen.findByText(/Checked \d of 6/)).toBeTruthy();
  await waitFor(() => expect(screen.getAllByText("Checking...")).toHaveLength(1));
  await fireEvent.click(screen.getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(screen.queryByText(/Checked/)).toBeNull());
  expect(backend.calls).toContain("cancel");
});

test("a host key is trusted only after it was shown, and then the instance is checked", async () => {
  backend = FakeBackend.withFleet();
  open();
  await fireEvent.click(await screen.findByRole("button", { name: /Look at the new host key/ }));
  const dialog = await screen.findByRole("dialog", { name: "Host key of Fjord B2B" });
  expect(within(dialog).getByText(/another key than the one trusted before/)).toBeTruthy();
  await within(dialog).findByText(/^SHA256:kP3c/);
  await fireEvent.click(within(dialog).getByRole("button", { name: /Trust this key/ }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(backend.calls).toContain("trustHostKey");
  await waitFor(() => expect(backend.calls).toContain("check"));
});

test("what changes elsewhere appears without asking", async () => {
  open();
  await screen.findByText("Nordlys live");
  backend.rows = [row({ name: "Tundra" })];
  backend.recordsChanged();
  expect(await screen.findByText("Tundra")).toBeTruthy();
});

test("what a start found stays until it is read", async () => {
  backend.findings = [{ found: "keyPairLost", name: "Nordlys production" }];
  open();
  expect(await screen.findByText(/Nordlys production: its private key was lost/)).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Read" }));
  expect(screen.queryByText(/was lost/)).toBeNull();
});

test("the language changes without a restart, and is remembered", async () => {
  open();
  await fireEvent.click(await screen.findByRole("button", { name: "Settings" }));
  await fireEvent.click(screen.getByRole("radio", { name: "繁體中文" }));
  expect(await screen.findByRole("heading", { name: "設定" })).toBeTruthy();
  expect(document.documentElement.lang).toBe("zh-Hant");
  await waitFor(() => expect(backend.preferences.language).toBe("zh-Hant"));
});

test("a choice that cannot be saved still holds, and says so", async () => {
  open();
  await fireEvent.click(await screen.findByRole("button", { name: "Settings" }));
  backend.failNext({ code: "internal" });
  await fireEvent.click(screen.getByRole("radio", { name: "Dark" }));
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect(await screen.findByText(/could not be saved/)).toBeTruthy();
});

test("an unusable data directory is told with what is wrong, and can be tried again", async () => {
  backend.preferences = { language: "en", theme: "light", board: null, knowsTheWay: false };
  const listed = backend.listInstances.bind(backend);
  let broken = true;
  backend.listInstances = () => {
    if (broken) backend.failNext({ code: "dataDirectoryUnusable", why: "It is a symbolic link." });
    return listed();
  };
  open();
  const alert = await screen.findByRole("alert");
  expect(within(alert).getByText("It is a symbolic link.")).toBeTruthy();
  expect(within(alert).getByText(/Nothing was changed/)).toBeTruthy();
  broken = false;
  await fireEvent.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Nordlys live")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("when reading again fails, the last truth stays beside the error", async () => {
  open();
  await screen.findByText("Nordlys live");
  backend.failAlways("listInstances", { code: "internal" });
  await fireEvent.focus(window);
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(names()).toHaveLength(3);
});

test("many instances are drawn as far as somebody looks, and End goes to the last", async () => {
  backend.rows = Array.from({ length: 250 }, (_, index) => row({ name: `shop ${String(index).padStart(3, "0")}` }));
  const { container } = open();
  const first = await screen.findByText("shop 000");
  expect(container.querySelectorAll("tbody tr")).toHaveLength(100);
  expect(screen.getByText("150 more below")).toBeTruthy();
  first.focus();
  await fireEvent.keyDown(first, { key: "End" });
  await waitFor(() => expect(document.activeElement?.textContent).toBe("shop 249"));
});

test("the palette finds what can be done and does it, by keyboard", async () => {
  open();
  await screen.findByText("Nordlys live");
  await fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
  const box = await screen.findByRole("combobox");
  await fireEvent.input(box, { target: { value: "fjord" } });
  expect(screen.getAllByRole("option").map((each) => each.textContent)).toHaveLength(2);
  await fireEvent.keyDown(box, { key: "Enter" });
  expect(await screen.findByRole("complementary", { name: "Fjord outlet" })).toBeTruthy();
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("one account can be shown alone, and words of state and role are found", async () => {
  backend = FakeBackend.withFleet();
  backend.preferences = { language: "en", theme: "system", board: "list", knowsTheWay: false };
  open();
  await screen.findByText("Nordlys live");
  await fireEvent.change(screen.getByRole("combobox", { name: "Account" }), { target: { value: "Fjord" } });
  expect(names()).toHaveLength(2);
  await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "rejected" } });
  expect(names()).toEqual(["Fjord outlet live"]);
});

test("the guide goes with a first-time merchant until an instance is connected", async () => {
  backend.rows = [];
  open();
  expect(await screen.findByRole("heading", { name: "Your first connection" })).toBeTruthy();
  expect(screen.getAllByRole("listitem").find((each) => each.getAttribute("aria-current") === "step")?.textContent).toContain("A key pair");
  await fireEvent.click(screen.getByRole("button", { name: "Ask somebody for it" }));
  const dialog = await screen.findByRole("dialog");
  expect((within(dialog).getByRole("textbox", { name: "Message" }) as HTMLTextAreaElement).value).toContain("API Portal");
  await fireEvent.click(within(dialog).getByRole("radio", { name: "繁體中文" }));
  expect((within(dialog).getByRole("textbox", { name: "Message" }) as HTMLTextAreaElement).value).toContain("API入口網站");
  await fireEvent.click(within(dialog).getByRole("button", { name: "Close" }));
  await fireEvent.click(screen.getByRole("button", { name: "I know the way" }));
  expect(screen.queryByRole("heading", { name: "Your first connection" })).toBeNull();
  expect(backend.preferences.knowsTheWay).toBe(true);
});

test("where an instance is connected there is no guide", async () => {
  open();
  await screen.findByText("Nordlys live");
  expect(screen.queryByRole("heading", { name: "Your first connection" })).toBeNull();
});
