import type { AccountRow } from "./generated/AccountRow";
import type { AdobeWord } from "./generated/AdobeWord";
import type { AssignmentRow } from "./generated/AssignmentRow";
import type { DriftPage } from "./generated/DriftPage";
import type { EvidencePage } from "./generated/EvidencePage";
import type { InstanceRow } from "./generated/InstanceRow";
import type { JournalEntry } from "./generated/JournalEntry";
import type { KeyPairRow } from "./generated/KeyPairRow";
import type { RegistryPage } from "./generated/RegistryPage";
import type { SettingRow } from "./generated/SettingRow";

/** Everything the fake knows; made up, and the same every time but for the ages. */
export interface World {
  accounts: AccountRow[];
  keyPairs: KeyPairRow[];
  rows: InstanceRow[];
  assignments: AssignmentRow[];
  registry: RegistryPage[];
  journal: JournalEntry[];
  settings: SettingRow[];
}

export const PATHS = {
  sandboxApiKey: "services_connector/services_connector_integration/sandbox_api_key",
  sandboxPrivateKey: "services_connector/services_connector_integration/sandbox_private_key",
  productionApiKey: "services_connector/services_connector_integration/production_api_key",
  productionPrivateKey: "services_connector/services_connector_integration/production_private_key",
  projectId: "services_connector/services_id/project_id",
  projectName: "services_connector/services_id/project_name",
  dataSpaceId: "services_connector/services_id/environment_id",
  dataSpaceName: "services_connector/services_id/environment_name",
  dataSpaceType: "services_connector/services_id/environment",
} as const;

export const id = (digit: string) => digit.repeat(32);
export const uuid = (digit: string) => `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;
const fingerprint = (digit: string) => `${digit}3c9`.repeat(16);
export const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
export const ahead = (minutes: number) => ago(-minutes);

/** A row with everything ordinary, but what `different` says. */
export function row(different: Partial<InstanceRow> & { name: string }): InstanceRow {
  return {
    id: different.name,
    role: "live",
    account: "Nordlys Group",
    address: "nordlys",
    watchOnly: false,
    dataSpace: null,
    state: "unknown",
    light: "needsALook",
    reason: { code: "neverChecked", text: "It was never checked." },
    findings: [],
    nextStep: "check",
    assigned: false,
    should: null,
    tags: [],
    dataSpaceId: null,
    sandboxKey: null,
    productionKey: null,
    holdsUntil: null,
    provenAt: null,
    connectedAt: null,
    flow: null,
    ...different,
  };
}

/** A key pair with everything ordinary, but what `different` says. */
export function keyPair(different: Partial<KeyPairRow> & { id: string; name: string }): KeyPairRow {
  return {
    account: "Nordlys Group",
    for: "production",
    apiKey: "0d9f3c9a7be1442a8a55c1d0e2f4b6a8",
    fingerprint: fingerprint("a"),
    state: "ready",
    export: "none",
    oneCopy: { is: "none" },
    origin: "brought",
    usedBy: [],
    createdAt: ago(60 * 24 * 40),
    acceptedAt: ago(4),
    note: "",
    ...different,
  };
}

const PRODUCTION = { id: uuid("2"), name: "Nordlys Production", type: "Production", mageId: "MAG005500000", features: ["Live Search", "Payment Services"], cloudId: null };
const TESTING = { id: uuid("3"), name: "Nordlys Testing 1", type: "Testing", mageId: "MAG005500000", features: ["Live Search"], cloudId: null };
const SPARE = { id: uuid("4"), name: "Nordlys Testing 2", type: "Testing", mageId: "MAG005500000", features: ["Live Search"], cloudId: null };
const FJORD = { id: uuid("6"), name: "Fjord Production", type: "Production", mageId: "MAG005500042", features: ["Live Search"], cloudId: null };

/** Six instances in six states, as the demo fleet has them. */
export function sixInstances(): World {
  const production = fingerprint("a");
  const sandbox = fingerprint("b");
  return {
    accounts: [
      { id: id("c"), label: "Fjord", mageId: "MAG005500042", organisation: "Fjord AS", createdAt: ago(60 * 24 * 9) },
      { id: id("d"), label: "Nordlys Group", mageId: "MAG005500000", organisation: "Nordlys Group AS", createdAt: ago(60 * 24 * 40) },
    ],
    keyPairs: [
      keyPair({ id: id("8"), name: "Fjord production", account: "Fjord", fingerprint: fingerprint("e"), usedBy: ["Fjord outlet"], acceptedAt: null }),
      keyPair({ id: id("a"), name: "Nordlys production", usedBy: ["Nordlys live", "Nordlys staging"] }),
      keyPair({ id: id("b"), name: "Nordlys sandbox", for: "sandbox", apiKey: "77aa3c9a7be1442a8a55c1d0e2f4b6a8", fingerprint: sandbox, usedBy: ["Nordlys live"] }),
    ],
    rows: [
      row({ id: id("4"), name: "Fjord outlet", account: "Fjord", address: "deploy@outlet.fjord.example", state: "accountNotVerified", light: "notConnected", nextStep: "chooseKeys", assigned: true, should: { sandbox: null, production: id("8"), dataSpaceId: FJORD.id, dataSpace: FJORD.name }, dataSpace: FJORD.name, dataSpaceId: FJORD.id, productionKey: fingerprint("e"), provenAt: ago(9), reason: { code: "apiKeyInvalid", text: "Adobe does not know the production API key: it is wrong, deleted, or not a production key.", words: { kind: "production" } } }),
      row({ id: id("6"), name: "Fjord B2B", account: "Fjord", address: "deploy@b2b.fjord.example", state: "unreachable", nextStep: "askAboutHostKey", reason: { code: "hostKeyChanged", text: "The server's host key has changed; nothing was sent." } }),
      row({ id: id("1"), name: "Nordlys live", address: "deploy@nordlys.example", state: "connected", light: "connected", nextStep: "setUpPayments", assigned: true, should: { sandbox: id("b"), production: id("a"), dataSpaceId: PRODUCTION.id, dataSpace: PRODUCTION.name }, dataSpace: PRODUCTION.name, dataSpaceId: PRODUCTION.id, sandboxKey: sandbox, productionKey: production, provenAt: ago(3), connectedAt: ago(3), holdsUntil: ahead(27), flow: { sentAt: ago(12), failingSince: null }, reason: { code: "bothAccepted", text: "Adobe accepted both pairs, signed on the instance." }, findings: [{ code: "dataSpaceAlsoUsed", text: "Its data space is also used by Nordlys staging.", words: { others: "Nordlys staging" } }] }),
      row({ id: id("5"), name: "Nordlys outlet", address: "deploy@outlet.nordlys.example", state: "drifted", nextStep: "reviewDrift", assigned: true, should: { sandbox: id("b"), production: id("a"), dataSpaceId: SPARE.id, dataSpace: SPARE.name }, dataSpace: SPARE.name, dataSpaceId: SPARE.id, productionKey: production, provenAt: ago(4), reason: { code: "differsFromAssignment", text: "Other than assigned: sandbox API key, sandbox private key.", words: { values: `${PATHS.sandboxApiKey},${PATHS.sandboxPrivateKey}` } } }),
      row({ id: id("3"), name: "Nordlys Sweden", role: "liveNotOpenYet", address: "deploy@se.nordlys.example", state: "notConnected", light: "notConnected", nextStep: "assign", reason: { code: "noValues", text: "None of the nine values is present." } }),
      row({ id: id("2"), name: "Nordlys staging", role: "staging", address: "deploy@staging.nordlys.example", state: "dataSpaceConflict", nextStep: "resolveConflict", dataSpace: PRODUCTION.name, dataSpaceId: PRODUCTION.id, productionKey: production, provenAt: ago(3), reason: { code: "dataSpaceUsedTwice", text: "Its data space belongs to Nordlys live.", words: { others: "Nordlys live" } } }),
    ],
    assignments: [
      { instance: "Nordlys live", sandbox: "Nordlys sandbox", production: "Nordlys production", sandboxId: id("b"), productionId: id("a"), projectId: uuid("1"), projectName: "Nordlys", dataSpace: PRODUCTION, assignedAt: ago(60 * 24 * 30) },
    ],
    registry: [
      { account: id("c"), mageId: "MAG005500042", organisation: "Fjord AS", projects: [{ id: uuid("5"), name: "Fjord", dataSpaces: [{ ...FJORD, usedBy: [{ id: id("4"), name: "Fjord outlet", role: "live", assigned: true, seen: true }] }] }] },
      { account: id("d"), mageId: "MAG005500000", organisation: "Nordlys Group AS", projects: [{ id: uuid("1"), name: "Nordlys", dataSpaces: [
        { ...PRODUCTION, usedBy: [{ id: id("1"), name: "Nordlys live", role: "live", assigned: true, seen: true }, { id: id("2"), name: "Nordlys staging", role: "staging", assigned: false, seen: true }] },
        { ...TESTING, usedBy: [] },
        { ...SPARE, usedBy: [{ id: id("5"), name: "Nordlys outlet", role: "live", assigned: true, seen: true }] },
      ] }] },
    ],
    journal: [
      { entry: id("e"), push: id("f"), instance: id("1"), instanceName: "Nordlys live", account: "Nordlys Group", action: "push", at: ago(60 * 24 * 30), endedAt: ago(60 * 24 * 30 - 0.02), outcome: "pushed", error: null, changes: [{ path: PATHS.productionApiKey, from: null, to: "0d9f3c9a7be1442a8a55c1d0e2f4b6a8" }, { path: PATHS.productionPrivateKey, from: null, to: "a3c9a3c9…a3c9a3c9" }], person: "mei", canUndo: true },
    ],
    settings: [
      { key: "production-gateway", value: null, about: "address of the production gateway: https, or plain http to this computer" },
      { key: "sandbox-gateway", value: null, about: "address of the sandbox gateway: https, or plain http to this computer" },
      { key: "portal", value: null, about: "address of a portal with an API" },
      { key: "parallel", value: "8", about: "instances worked on at once, 1 to 64" },
      { key: "parallel-per-host", value: null, about: "instances of one server worked on at once, 1 to 16" },
      { key: "connect-timeout", value: null, about: "seconds to wait for a connection, 1 to 120" },
      { key: "clipboard-seconds", value: null, about: "seconds until a copied key is cleared from the clipboard, 10 to 90" },
      { key: "answer-timeout", value: null, about: "seconds to wait for each answer of an instance, 10 to 60" },
    ],
  };
}

/** What differs behind a row that drifted. */
export function driftOf(shown: InstanceRow): DriftPage | null {
  if (shown.state !== "drifted") return null;
  const found = { present: false, value: null, fingerprint: null };
  return {
    instance: shown.name,
    values: [
      { path: PATHS.sandboxApiKey, expected: { present: true, value: "0".repeat(32), fingerprint: null }, found },
      { path: PATHS.sandboxPrivateKey, expected: { present: true, value: null, fingerprint: "b".repeat(64) }, found },
    ],
    seenAt: shown.provenAt,
    lastPush: { entry: uuid("9"), at: ago(4000), person: "mei" },
    later: null,
  };
}

/** The evidence that would stand behind a row. */
export function evidenceOf(shown: InstanceRow): EvidencePage {
  const seen = shown.state !== "unknown" && shown.state !== "unreachable";
  const rejected = shown.state === "accountNotVerified";
  const value = (path: string, text: string | null, key: string | null = null) =>
    ({ path, present: text !== null || key !== null, value: text, fingerprint: key });
  const word = (present: boolean): AdobeWord => {
    if (!seen) return "neverAsked";
    if (!present) return "absent";
    return rejected ? "rejected" : "accepted";
  };
  const api = (key: string | null) => (key ? key.slice(0, 32) : null);
  const space = shown.dataSpace;
  return {
    groups: [
      { group: "sandboxKeys", values: [value(PATHS.sandboxApiKey, api(shown.sandboxKey)), value(PATHS.sandboxPrivateKey, null, shown.sandboxKey)], answer: word(shown.sandboxKey !== null), why: null },
      { group: "productionKeys", values: [value(PATHS.productionApiKey, api(shown.productionKey)), value(PATHS.productionPrivateKey, null, shown.productionKey)], answer: word(shown.productionKey !== null), why: rejected ? { code: "apiKeyInvalid", text: "apiKeyInvalid" } : null },
      { group: "saasIdentifier", values: [value(PATHS.projectId, space && uuid("1")), value(PATHS.projectName, space && (space.split(" ")[0] ?? null)), value(PATHS.dataSpaceId, shown.dataSpaceId), value(PATHS.dataSpaceName, space), value(PATHS.dataSpaceType, space && (space.includes("Testing") ? "Testing" : "Production"))], answer: space ? word(true) : word(false), why: null },
    ],
    valuesPresent: shown.sandboxKey !== null && shown.productionKey !== null && space !== null,
    proven: shown.state === "connected",
    provenAt: shown.provenAt,
    byInstanceToken: seen,
    signedHere: false,
    accountSync: null,
    shop: null,
    seenAt: seen ? (shown.provenAt ?? ago(5)) : null,
    checkedAt: shown.state === "unknown" ? null : ago(5),
    baseUrl: seen ? `https://${shown.address.split("@").at(-1) ?? ""}/` : null,
    versions: seen ? { magento: "2.4.7-p6", servicesId: "3.3.1", servicesConnector: "1.3.8", php: "8.2.28" } : null,
  };
}
