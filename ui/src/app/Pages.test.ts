import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { FakeBackend, id, intake } from "../api/fake";
import { anything } from "../api/fakeJournal";
import type { JournalEntry } from "../api/generated/JournalEntry";
import App from "./App.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = FakeBackend.withFleet();
  backend.preferences = { language: "en", theme: "light", board: null, knowsTheWay: false };
});

const click = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const type = async (label: string | RegExp, value: string) => fireEvent.input(await screen.findByLabelText(label), { target: { value } });
const pick = async (label: string, value: string) => fireEvent.change(await screen.findByLabelText(label), { target: { value } });

test("an instance is added after a look at its server, with what was found suggested", async () => {
  render(App, { backend });
  await click("Add an instance");
  await type("SSH target", "deploy@new.example");
  await type("Application root", "/var/www/shop");
  await click("Look at the server");
  expect(await screen.findByText(/Commerce 2.4.7-p6/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("new.example");
  await pick("Account", id("d"));
  await click("Add this instance");
  expect(await screen.findByRole("complementary", { name: "new.example" })).toBeTruthy();
});

test("without a root the one instance there is found and suggested", async () => {
  render(App, { backend });
  await click("Add an instance");
  await type("SSH target", "deploy@new.example");
  await click("Find it on the server");
  expect(await screen.findByText(/Commerce 2.4.7-p6/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Application root").value).toBe("/var/www/html");
  expect(backend.calls).not.toContain("addInstance");
});

test("of several that are found one is chosen, and finding none is said", async () => {
  backend.foundRoots = ["/srv/a", "/srv/b"];
  render(App, { backend });
  await click("Add an instance");
  await type("SSH target", "deploy@new.example");
  await click("Find it on the server");
  expect(await screen.findByText(/2 instances were found there/)).toBeTruthy();
  await click("Choose this one /srv/b");
  expect(screen.getByLabelText<HTMLInputElement>("Application root").value).toBe("/srv/b");
  backend.foundRoots = [];
  await type("Application root", "");
  await click("Find it on the server");
  expect(await screen.findByText("No instance was found in the usual places.")).toBeTruthy();
});

test("an unknown host key is asked about first, then the server is looked at again", async () => {
  backend.failAlways("probe", { code: "notReached", trouble: { code: "hostKeyUnknown", text: "Its host key is not trusted yet.", next: "" } });
  render(App, { backend });
  await click("Add an instance");
  await type("SSH target", "deploy@new.example");
  await type("Application root", "/var/www/shop");
  await click("Look at the server");
  const dialog = await screen.findByRole("dialog", { name: "Host key of deploy@new.example" });
  backend.failAlways("probe", null);
  await fireEvent.click(await within(dialog).findByRole("button", { name: /Trust this key/ }));
  expect(await screen.findByText(/Commerce 2.4.7-p6/)).toBeTruthy();
});

test.each([
  ["sshTarget", "SSH target", "shape", /Options and spaces are not taken/],
  ["root", "Application root", "empty", /Application root is missing/],
  ["php", /^PHP program/, "tooLong", /at most 255 characters/],
  ["sshTarget", "SSH target", "unprintable", /cannot be seen/],
] as const)("what is wrong with %s stands at its field and nothing is added", async (field, label, problem, sentence) => {
  backend.failAlways("probe", { code: "badInput", field, problem, max: problem === "tooLong" ? 255 : null, text: "core's own" });
  render(App, { backend });
  await click("Add an instance");
  await type("SSH target", "-oProxyCommand=x");
  await type("Application root", "/srv/shop");
  await click("Look at the server");
  const marked = await screen.findByLabelText(label);
  await waitFor(() => expect(marked.getAttribute("aria-invalid")).toBe("true"));
  expect(document.getElementById(marked.getAttribute("aria-describedby") ?? "")?.textContent).toMatch(sentence);
  expect(backend.calls).not.toContain("addInstance");
});

test("a port that is none is refused before anything is asked", async () => {
  render(App, { backend });
  await click("Add an instance");
  await type("SSH target", "shop");
  await type(/^Port/, "70000");
  await click("Find it on the server");
  expect(await screen.findByText(/from 1 to 65535/)).toBeTruthy();
  expect(backend.calls).not.toContain("findInstances");
});

test("what a connected instance holds is adopted", async () => {
  render(App, { backend });
  await click("Nordlys staging");
  await click("Adopt what it holds");
  const dialog = await screen.findByRole("dialog", { name: "Adopt what Nordlys staging holds" });
  await fireEvent.click(within(dialog).getByRole("button", { name: "Adopt" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(backend.calls).toContain("adoptInstance");
});

test("a key is brought by file: intake, account, purpose, name and API key", async () => {
  render(App, { backend });
  await click("Key pairs");
  await click("Bring a key");
  await click("Choose a file...");
  expect(await screen.findByText(/production-private-key.pem/)).toBeTruthy();
  await pick("Account", id("d"));
  await type("Name", "Nordlys new");
  await type("API key (public)", "0d9f3c9a7be1442a8a55c1d0e2f4b6a8");
  await click("Save and ask Adobe");
  expect(await screen.findByText("Nordlys new: Saved. Adobe accepts this pair.")).toBeTruthy();
});

test("a dropped key is taken, a refused one says what it is, and leaving gives an intake back", async () => {
  render(App, { backend });
  await click("Key pairs");
  await click("Bring a key");
  await waitFor(() => expect(backend.drop({ event: "over" })).toBe(true));
  expect(await screen.findByText("Let go to take this file")).toBeTruthy();
  backend.drop({ event: "refused", error: { code: "privateKeyRefused", trouble: { code: "keyIsPublic", text: "This is a public key.", next: "Bring its private half." } } });
  expect(await screen.findByText("This is a public key. Bring its private half.")).toBeTruthy();
  backend.drop({ event: "taken", intake: intake({ source: "drop" }) });
  expect(await screen.findByText(/from a dropped file/)).toBeTruthy();
  await click("Key pairs");
  await waitFor(() => expect(backend.calls).toContain("discardIntake"));
});

test("keys and a data space are chosen, seen with who uses which, and planned", async () => {
  render(App, { backend });
  await click(/^Choose keys and data space/);
  expect(await screen.findByRole("heading", { name: "Keys and data space for Nordlys Sweden" })).toBeTruthy();
  const taken = await screen.findByRole("radio", { name: /Nordlys Production/ });
  expect(taken.closest("label")?.textContent).toMatch(/used by Nordlys live, Nordlys staging/);
  await fireEvent.click(screen.getByRole("radio", { name: /Nordlys Testing 1/ }));
  await click("Save and preview changes");
  expect(await screen.findByRole("article", { name: "Nordlys Sweden" })).toBeTruthy();
  expect(backend.world.assignments.find((each) => each.instance === "Nordlys Sweden")?.dataSpace.name).toBe("Nordlys Testing 1");
});

test("the data spaces of an account are shown with who uses which", async () => {
  render(App, { backend });
  await click("Data spaces");
  await pick("Account", id("d"));
  const table = await screen.findByRole("table", { name: "Nordlys" });
  const row = within(table).getByText("Nordlys Production").closest("tr") as HTMLElement;
  expect(within(row).getByText("Nordlys staging")).toBeTruthy();
  expect(within(row).getByText("seen there, not assigned")).toBeTruthy();
  expect(within(table).getByText("free")).toBeTruthy();
});

test("an entry of the history is taken back after its preview", async () => {
  render(App, { backend });
  await click("History");
  await click(/^Restore previous values/);
  expect(await screen.findByRole("heading", { name: "Restore previous values" })).toBeTruthy();
  await click("Apply to 1 instance");
  expect(await screen.findByText("All done")).toBeTruthy();
  expect(backend.calls).toContain("undo");
});

function entry(change: Partial<JournalEntry>): JournalEntry {
  const [first] = backend.world.journal;
  if (!first) throw new Error("the fleet has a journal");
  return { ...first, ...change };
}

test("the history shows only what is asked for, and exports just that", async () => {
  backend.world.journal.unshift(
    entry({ entry: "2", instance: id("4"), instanceName: "Fjord outlet", account: "Fjord", person: "ola", outcome: "failed", canUndo: false }),
    entry({ entry: "3", instanceName: "Nordlys live", action: "adopt", outcome: null, canUndo: false, changes: [] }),
  );
  render(App, { backend });
  await click("History");
  const table = await screen.findByRole("table", { name: "History" });
  const told = () => within(table).getAllByRole("row").length - 1;
  expect(told()).toBe(3);
  await pick("How it ended", "done");
  await waitFor(() => expect(told()).toBe(1));
  await click("Show everything");
  await waitFor(() => expect(told()).toBe(3));
  await pick("Account", id("c"));
  await waitFor(() => expect(told()).toBe(1));
  await click("Export...");
  const dialog = await screen.findByRole("dialog", { name: "Export the history" });
  expect(within(dialog).getByText("What is shown: 1 entry.")).toBeTruthy();
  await fireEvent.click(within(dialog).getByLabelText("JSON"));
  await fireEvent.click(within(dialog).getByRole("button", { name: "Choose a file" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(backend.exported).toEqual([{ filter: { ...anything, account: id("c") }, format: "json", full: false }]);
  await pick("By", "mei");
  expect(await screen.findByText("Nothing in the history is like that.")).toBeTruthy();
});

test("two days narrow the history, and what is no day is said at its field", async () => {
  render(App, { backend });
  await click("History");
  await pick("When", "days");
  await type("First day", "last week");
  expect((await screen.findByLabelText("First day")).getAttribute("aria-invalid")).toBe("true");
  await type("First day", "2031-01-01");
  await click("Show these days");
  expect(await screen.findByText("Nothing in the history is like that.")).toBeTruthy();
  await type("First day", "2020-01-01");
  await click("Show these days");
  expect(await screen.findByRole("table", { name: "History" })).toBeTruthy();
});

test("an export that cannot be written says so and stays open", async () => {
  render(App, { backend });
  await click("History");
  await click("Export...");
  const trouble = { code: "exportNotSaved", text: "The file could not be written: no space.", next: "Choose another folder or name." };
  backend.failAlways("exportJournal", { code: "refused", trouble });
  await click("Choose a file");
  const dialog = await screen.findByRole("dialog");
  expect((await within(dialog).findByRole("alert")).textContent).toContain("no space");
});

test.each([
  ["Key pairs", "listKeyPairs"],
  ["History", "listJournal"],
  ["Data spaces", "listAccounts"],
] as const)("%s tells what went wrong and can be tried again", async (section, call) => {
  backend.failAlways(call, { code: "internal" });
  render(App, { backend });
  await click(section);
  const alert = await screen.findByRole("alert");
  backend.failAlways(call, null);
  await fireEvent.click(within(alert).getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("empty pages say what comes first", async () => {
  backend = new FakeBackend();
  backend.preferences = { language: "en", theme: "light", board: null, knowsTheWay: false };
  render(App, { backend });
  await click("Key pairs");
  expect(await screen.findByText(/No key pairs yet/)).toBeTruthy();
  await click("History");
  expect(await screen.findByText("Nothing was applied yet.")).toBeTruthy();
  await click("Data spaces");
  expect(await screen.findByLabelText("Name of the account")).toBeTruthy();
});
