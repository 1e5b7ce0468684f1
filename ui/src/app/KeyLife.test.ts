import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, test } from "vitest";

import { FakeBackend, id, keyPair } from "../api/fake";
import { CODE } from "../api/fakeKeys";
import type { Language } from "../api/generated/Language";
import { languages } from "../i18n";
import App from "./App.svelte";

let backend: FakeBackend;

/** Clicks a button as soon as it can be clicked. */
async function click(name: string | RegExp) {
  await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name }).disabled).toBe(false));
  await fireEvent.click(screen.getByRole("button", { name }));
}
const type = async (label: string | RegExp, value: string) => fireEvent.input(await screen.findByLabelText(label), { target: { value } });

describe.each<Language>(["en", "zh-Hant"])("key pairs over their life (%s)", (language) => {
  const texts = languages[language];

  beforeEach(() => {
    backend = FakeBackend.withFleet();
    backend.preferences = { ...backend.preferences, language, theme: "light" };
  });

  async function page(name: string) {
    render(App, { backend });
    await click(texts.app.keyPairs);
    await click(name);
    await screen.findByRole("heading", { level: 1, name });
  }

  test("a page tells where a pair came from and refuses to delete one that is used", async () => {
    backend.world.keyPairs.push(keyPair({ id: id("f"), name: "From Ingrid", origin: "received" }));
    await page("From Ingrid");
    expect(await screen.findByText(texts.keyLife.exportThere.unused, { exact: false })).toBeTruthy();
    await click(texts.keyLife.deleteAtAdobe);
    expect(await screen.findByText(texts.keyLife.atAdobe.stillThere)).toBeTruthy();
    expect(screen.getByText(texts.keyLife.unseen.aemAssets)).toBeTruthy();
    backend.atAdobe = "deleted";
    await click(texts.keyLife.askAgain);
    expect(await screen.findByText(texts.keyLife.atAdobe.deleted)).toBeTruthy();
    await click(new RegExp(`^← ${texts.keyPairs.title}`));
    await click("Nordlys production");
    await click(texts.keyLife.deleteAtAdobe);
    await screen.findByRole("alert");
    expect(backend.world.keyPairs.find((each) => each.name === "Nordlys production")?.state).toBe("ready");
  });

  test("a replacement looks first, gives one the new pair, then the rest", async () => {
    backend.world.keyPairs.push(keyPair({ id: id("f"), name: "Nordlys 2027" }));
    backend.obstacles.set("Nordlys staging", { code: "timedOut", text: "No answer.", next: "Check the network." });
    await page("Nordlys production");
    await click(texts.keyLife.replace);
    expect(await screen.findByText(texts.keyLife.inTheWay)).toBeTruthy();
    expect(screen.getByText("Nordlys staging")).toBeTruthy();
    expect(screen.queryByLabelText(texts.keyLife.newPair)).toBeNull();
    backend.obstacles.clear();
    await click(texts.keyLife.lookAgain);
    await fireEvent.change(await screen.findByLabelText(texts.keyLife.newPair), { target: { value: id("f") } });
    await click(texts.keyLife.useThis);
    expect(await screen.findByText(texts.keyLife.oldPair.accepted)).toBeTruthy();
    await click(texts.keyLife.firstOne);
    expect(await screen.findByText(`Nordlys live: ${texts.keyLife.members.proven}`)).toBeTruthy();
    expect(screen.getByText(`Nordlys staging: ${texts.keyLife.members.planned}`)).toBeTruthy();
    await click(texts.keyLife.theRest);
    expect(await screen.findByText(texts.keyLife.stages.deleteOld)).toBeTruthy();
    expect(screen.getByText(texts.keyLife.unseen.headlessStorefront)).toBeTruthy();
  });

  test("keys are asked for by a code and handed over by answering one", async () => {
    const say = texts.handOver;
    render(App, { backend });
    await click(texts.app.keyPairs);
    await click(say.open);
    await fireEvent.click(await screen.findByRole("radio", { name: say.everything }));
    await type(say.who, "Mei");
    await click(say.makeCode);
    expect(await screen.findByText(CODE)).toBeTruthy();
    await type(say.code, "PATCHBAY-1");
    await click(say.readCode);
    await screen.findAllByRole("alert");
    await type(say.code, CODE);
    await click(say.readCode);
    const asked = (await screen.findByText(say.asksFor("Mei at North", "Nordlys Group"))).closest("[role=alert]");
    if (!(asked instanceof HTMLElement)) throw new Error("the request is not shown");
    expect(within(asked).getByText("ab12 cd34 ef56")).toBeTruthy();
    await fireEvent.input(within(asked).getByLabelText(say.from), { target: { value: "Ingrid" } });
    await click(say.seal);
    expect(await screen.findByText(say.sealed("Mei at North"))).toBeTruthy();
    await waitFor(() => expect(backend.calls).toContain("sealHandOver"));
  });
});
