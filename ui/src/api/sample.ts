import type { Language } from "./generated/Language";
import type { Theme } from "./generated/Theme";
import { FakeBackend, row } from "./fake";
import { ago, id, uuid } from "./fakeFleet";

/**
 * A made-up fleet for `npm run dev` in a plain browser, for pictures and for the page tests.
 *
 * `?language=`, `?theme=`, `?delay=` (milliseconds) and `?empty` choose how it begins.
 */
export function sampleFleet(): FakeBackend {
  const wanted = new URLSearchParams(location.search);
  const backend = wanted.has("empty") ? new FakeBackend() : FakeBackend.withFleet();
  backend.preferences = { language: wanted.get("language") as Language | null, theme: (wanted.get("theme") ?? "system") as Theme, board: null, knowsTheWay: false };
  backend.delayMs = Number(wanted.get("delay") ?? 120);
  if (wanted.has("empty")) return backend;
  backend.rows.push(
    row({ id: id("7"), name: "Lumen", account: "Fjord", address: "deploy@lumen.example", state: "unverified", dataSpace: "Lumen Production", provenAt: ago(840), connectedAt: ago(840), reason: { code: "proofTooOld", text: "It was connected when it was last checked; that is too long ago to rely on." } }),
    row({ id: id("9"), name: "Lumen watched", account: "Fjord", address: "https://lumen.example/", watchOnly: true, state: "unverified", reason: { code: "watchOnly", text: "It is watched by its address only; keys cannot be seen from outside." } }),
    row({ id: id("a"), name: "Tundra Italy", account: "Fjord", address: "tundra-it", state: "connectorMissing", light: "notConnected", nextStep: "askDeveloper", reason: { code: "moduleDisabled", text: "Magento_ServicesId is disabled." } }),
    row({ id: id("b"), name: "Tundra QA", account: "Fjord", address: "tundra-qa", role: "development", state: "dataSpaceMismatch", nextStep: "chooseDataSpace", dataSpace: "Tundra Production", dataSpaceId: uuid("9"), productionKey: "c".repeat(64), provenAt: ago(11), reason: { code: "productionOnCopy", text: "A Production data space on a development instance." } }),
    row({ id: id("c"), name: "Vinter", account: "Fjord", address: "vinter", state: "differentInstance", nextStep: "repin", reason: { code: "identityChanged", text: "Its database is not the one that was there when you added it." } }),
  );
  backend.plans.set(id("2"), { guards: [{ id: "G3", effect: "blocked", text: "", case: "usedElsewhere", words: { dataSpace: "Nordlys Production", other: "Nordlys live" } }] });
  backend.plans.set(id("5"), { guards: [{ id: "G2", effect: "confirm", text: "", case: "paymentsId", words: { id: "mp-4711", name: "Nordlys outlet" } }] });
  return backend;
}
