import { FakeBackend, row } from "./fake";

const minutes = (count: number) => new Date(Date.now() - count * 60_000).toISOString();

/** A made-up fleet with every state, for `npm run dev` in a plain browser and for pictures. */
export function sampleFleet(): FakeBackend {
  return new FakeBackend([
    row({ name: "Fjord live", account: "Fjord", address: "fjord", state: "connected", light: "connected", dataSpace: "Production", provenAt: minutes(9), reason: { code: "bothAccepted", text: "Adobe accepted both pairs." }, findings: [{ code: "noSandboxPair", text: "It has no sandbox pair." }] }),
    row({ name: "Fjord outlet", account: "Fjord", address: "fjord-outlet", state: "accountNotVerified", light: "notConnected", dataSpace: "Production", provenAt: minutes(9), reason: { code: "apiKeyInvalid", text: "Adobe does not know the production API key: it is wrong, deleted, or not a production key." } }),
    row({ name: "Lumen", account: "Lumen", address: "deploy@lumen.example", state: "unverified", dataSpace: "Production", provenAt: minutes(840), connectedAt: minutes(840), reason: { code: "proofTooOld", text: "It was connected when it was last checked; that is too long ago to rely on." } }),
    row({ name: "Lumen watched", account: "Lumen", address: "https://lumen.example/", watchOnly: true, state: "unverified", reason: { code: "watchOnly", text: "It is watched by its address only; keys cannot be seen from outside." } }),
    row({ name: "Nordlys dev", role: "development", state: "connected", light: "connected", dataSpace: "Testing 2", provenAt: minutes(3), reason: { code: "bothAccepted", text: "Adobe accepted both pairs." } }),
    row({ name: "Nordlys live", state: "connected", light: "connected", dataSpace: "Production", provenAt: minutes(3), reason: { code: "bothAccepted", text: "Adobe accepted both pairs." } }),
    row({ name: "Nordlys staging", role: "staging", state: "dataSpaceConflict", dataSpace: "Production", provenAt: minutes(3), reason: { code: "dataSpaceUsedTwice", text: "Its data space belongs to Nordlys live." } }),
    row({ name: "Nordlys preview", role: "staging", state: "drifted", dataSpace: "Testing 1", provenAt: minutes(4), reason: { code: "differsFromAssignment", text: "The sandbox keys are not the ones assigned." } }),
    row({ name: "Tundra B2B", account: "Tundra", address: "tundra-b2b", role: "liveNotOpenYet", state: "incomplete", light: "notConnected", reason: { code: "valuesMissing", text: "Missing: the data space." } }),
    row({ name: "Tundra DE", account: "Tundra", address: "tundra-de", state: "unreachable", reason: { code: "hostKeyChanged", text: "The host key changed." } }),
    row({ name: "Tundra FR", account: "Tundra", address: "tundra-fr", state: "notConnected", light: "notConnected", reason: { code: "noValues", text: "None of the values is there." } }),
    row({ name: "Tundra IT", account: "Tundra", address: "tundra-it", state: "connectorMissing", light: "notConnected", reason: { code: "moduleDisabled", text: "Magento_ServicesId is disabled." } }),
    row({ name: "Tundra QA", account: "Tundra", address: "tundra-qa", role: "development", state: "gatewayOverridden", dataSpace: "Testing 1", reason: { code: "otherGateway", text: "It talks to gateway.lab.example." } }),
    row({ name: "Tundra UK", account: "Tundra", address: "tundra-uk", state: "dataSpaceMismatch", dataSpace: "Testing 2", provenAt: minutes(11), reason: { code: "testingOnLive", text: "A Testing data space on a live instance." } }),
    row({ name: "Vinter", account: "Vinter", address: "vinter", state: "differentInstance", reason: { code: "identityChanged", text: "Its database is not the one that was there when you added it." } }),
    row({ name: "Vinter new", account: "Vinter", address: "vinter-new" }),
  ]);
}
