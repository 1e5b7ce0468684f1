import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { FakeBackend, id, keyPair } from "../api/fake";
import App from "./App.svelte";

let backend: FakeBackend;

beforeEach(() => {
  backend = FakeBackend.withFleet();
  backend.preferences = { language: "en", theme: "light", board: null, knowsTheWay: false };
  backend.world.keyPairs.push(keyPair({ id: id("9"), name: "Made", origin: "generated", export: "unused", oneCopy: { is: "unused" } }));
});
afterEach(() => vi.useRealTimers());

const click = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const type = async (label: string | RegExp, value: string) => fireEvent.input(await screen.findByLabelText(label), { target: { value } });
const made = () => backend.world.keyPairs.find((each) => each.id === id("9"));

async function reveal(): Promise<HTMLElement> {
  render(App, { backend });
  await click(/^Key pairs/);
  await click(/One copy for your own safe.*Made/);
  return screen.findByRole("dialog", { name: "The private key of Made" });
}

test("the one copy is saved to a file, and how is said afterwards", async () => {
  const dialog = await reveal();
  expect(within(dialog).getByText("You need no copy to connect your instances.")).toBeTruthy();
  await click("Save to a file...");
  expect(await screen.findByText("Saved to live.pem.")).toBeTruthy();
  expect(made()?.oneCopy).toMatchObject({ is: "used", way: "file" });
  await click("Close");
  expect(await screen.findByText(/copy saved to a file/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /One copy.*Made/ })).toBeNull();
});

test("a folder that is copied elsewhere is warned about before anything is written", async () => {
  backend.nextFile = { id: id("f"), fileName: "live.pem", synced: "Dropbox" };
  await reveal();
  await click("Save to a file...");
  expect(await screen.findByText(/a folder that Dropbox copies/)).toBeTruthy();
  expect(backend.calls).not.toContain("copyPrivateKey");
  await click("Save there all the same");
  expect(await screen.findByText("Saved to live.pem.")).toBeTruthy();
});

test("after copying a countdown runs, and it can be cleared at once", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  backend.places = { clipboardRefused: null, managers: ["CopyQ"], seconds: 10 };
  await reveal();
  expect(await screen.findByText(/CopyQ runs here and may keep a copy/)).toBeTruthy();
  await click("Copy");
  expect(await screen.findByText("Paste it now. Cleared in 10 s.")).toBeTruthy();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(screen.getByText(/Cleared in [56] s/)).toBeTruthy();
  await vi.advanceTimersByTimeAsync(7_000);
  expect(screen.getByText("Cleared from the clipboard.")).toBeTruthy();
});

test("a desktop without a clipboard says so before copying", async () => {
  backend.places = { clipboardRefused: "this desktop lets no program use it", managers: [], seconds: 20 };
  await reveal();
  expect(await screen.findByText(/this desktop lets no program use it/)).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Copy" }).disabled).toBe(true);
});

test("closing keeps the copy for later; doing without asks first", async () => {
  await reveal();
  await click("Not now");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(made()?.oneCopy.is).toBe("unused");
  await click(/One copy for your own safe.*Made/);
  await click("I want no copy");
  expect(made()?.oneCopy.is).toBe("unused");
  await click("Give it up");
  await waitFor(() => expect(made()?.oneCopy.is).toBe("waived"));
});

test("a copy that somebody else made meanwhile is told in words", async () => {
  await reveal();
  const pair = made();
  if (pair) pair.oneCopy = { is: "interrupted" };
  await click("Copy");
  expect(await screen.findByText(/was made already/)).toBeTruthy();
});

test("a key is created on the portal's page, completed, and can be copied once", async () => {
  render(App, { backend });
  await click(/^Key pairs/);
  await click("Create a key pair");
  await fireEvent.change(await screen.findByLabelText("Account"), { target: { value: id("d") } });
  await type("Name", "Live 2026");
  await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: "Open here" }).disabled).toBe(false));
  expect(screen.queryByRole("button", { name: "Create it now" })).toBeNull();
  await click("Open here");
  expect(await screen.findByText("In the dialog, choose Download.")).toBeTruthy();
  expect(screen.getByText("The page is at https://account.magento.com.")).toBeTruthy();
  backend.portal?.({ event: "asksOrigin", origin: "https://login.example" });
  await screen.findByText("The page wants to go to https://login.example.");
  await click("Stay here");
  expect(backend.calls).toContain("answerOrigin");
  backend.portal?.("kept");
  expect(await screen.findByText("The private key of Live 2026 is in the keychain.")).toBeTruthy();
  await type(/API key/, "0123456789abcdef0123456789abcdef");
  await click("Complete and ask Adobe");
  expect(await screen.findByText("Saved. Adobe accepts this pair.")).toBeTruthy();
  await click(/One copy for your own safe/);
  expect(await screen.findByRole("dialog", { name: "The private key of Live 2026" })).toBeTruthy();
});

test("where the portal has an interface one click creates the pair, and a lost answer says what to delete", async () => {
  backend.ways = { oneClick: true, origin: "http://127.0.0.1:1" };
  render(App, { backend });
  await click(/^Key pairs/);
  await click("Create a key pair");
  await fireEvent.change(await screen.findByLabelText("Account"), { target: { value: id("d") } });
  await type("Name", "Live 2026");
  backend.failAlways("generateKeyPair", { code: "adobe", trouble: { code: "portalAnswerLost", text: "The answer of the portal was lost; a key may have been created there.", next: "Look at the API Portal: a key whose private key was lost must be deleted there." } });
  await click("Create it now");
  expect(await screen.findByText(/must be deleted there/)).toBeTruthy();
  backend.failAlways("generateKeyPair", null);
  await click("Create it now");
  expect(await screen.findByText("The private key of Live 2026 is in the keychain.")).toBeTruthy();
});

test("a key created in the person's own browser is brought by the usual ways", async () => {
  render(App, { backend });
  await click(/^Key pairs/);
  await click("Create a key pair");
  await fireEvent.change(await screen.findByLabelText("Account"), { target: { value: id("d") } });
  await type("Name", "Live 2026");
  await click("Open in my browser");
  await click("Take it from the clipboard");
  expect(await screen.findByText("The private key of Live 2026 is in the keychain.")).toBeTruthy();
});

test.each(["keychainMissing", "keychainLocked", "keychainDenied", "keychainSlow", "keychainNotEncrypted", "keychainWrongBytes", "keychainFailed"])(
  "%s opens one dialog, and the same thing is done after trying again",
  async (code) => {
    backend.failAlways("copyPrivateKey", { code: "keychain", trouble: { code, text: "The keychain is in the way.", next: "Unlock it and try again.", words: { hint: "start it" } } });
    await reveal();
    await click("Copy");
    const asked = await screen.findByRole("dialog", { name: "The keychain did not answer as it should" });
    expect(made()?.oneCopy.is).toBe("unused");
    backend.failAlways("copyPrivateKey", null);
    await fireEvent.click(within(asked).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(made()?.oneCopy.is).toBe("used"));
  },
);
