import type { InstanceRow } from "../../api/generated/InstanceRow";
import type { KeyPairRow } from "../../api/generated/KeyPairRow";
import type { RegistryPage } from "../../api/generated/RegistryPage";

/** What a cable carries: one of the two pairs, or the data space. */
export type Slot = "sandbox" | "production" | "dataSpace";

/** Something on the left that can be plugged into instances. */
export interface Source {
  /** Unique over pairs and data spaces. */
  id: string;
  slot: Slot;
  /** The key pair's or data space's own id; `null` for a key nobody here knows. */
  key: string | null;
  /** Empty where it has none: a key that only an instance holds. */
  name: string;
  account: string;
  /** The identity fingerprint of a pair. */
  fingerprint: string | null;
  /** `Production` or `Testing`, where the registry said it. */
  type: string | null;
}

/**
 * How a cable is drawn. `proven`: Adobe vouches for it. `there`: on the instance, unproven.
 * `waiting`: assigned, not on the instance yet. `stray`: on the instance, another one is assigned.
 * `rejected`: Adobe rejects the keys. `conflict`: the data space is another instance's, or does not fit.
 */
export type Look = "proven" | "there" | "waiting" | "stray" | "rejected" | "conflict";

/** One end of a source in one jack of an instance. */
export interface Cable {
  id: string;
  source: string;
  instance: string;
  slot: Slot;
  look: Look;
}

/** Everything that is drawn. */
export interface Patch {
  pairs: Source[];
  spaces: Source[];
  cables: Cable[];
}

/** The jacks of an instance, from top to bottom. */
export const SLOTS: readonly Slot[] = ["production", "sandbox", "dataSpace"];

/** What lies where: from the board, the key pairs, and what registries have answered. */
export function patch(rows: readonly InstanceRow[], keyPairs: readonly KeyPairRow[], registries: readonly Registered[]): Patch {
  const pairs = keyPairs.filter((pair) => pair.state === "ready" || pair.state === "heldByInstance").map(ofPair);
  const spaces = new Map<string, Source>();
  for (const { account, page } of registries) {
    for (const space of page.projects.flatMap((project) => project.dataSpaces)) {
      spaces.set(space.id, { ...ofSpace(space.id, space.name, account), type: space.type });
    }
  }
  const strangers = new Map<string, Source>();
  const cables: Cable[] = [];
  for (const row of rows) {
    for (const [id, name] of [[row.dataSpaceId, row.dataSpace], [row.should?.dataSpaceId, row.should?.dataSpace]]) {
      if (id && !spaces.has(id)) spaces.set(id, ofSpace(id, name ?? id, row.account));
    }
    for (const slot of SLOTS) cables.push(...cablesOf(row, slot, pairs, strangers));
  }
  return { pairs: [...pairs, ...strangers.values()].sort(byName), spaces: [...spaces.values()].sort(byName), cables };
}

/** One account's registry answer, with the account's label. */
export interface Registered {
  account: string;
  page: RegistryPage;
}

/** Whether a source can be plugged into an instance at all. */
export function fits(source: Source, row: InstanceRow): boolean {
  return source.key !== null && !row.watchOnly && source.account === row.account;
}

/** Everything a source or an instance is connected with, itself included. */
export function runOf(end: string, cables: readonly Cable[]): Set<string> {
  const run = new Set([end]);
  for (const cable of cables) {
    if (cable.source === end || cable.instance === end) for (const id of [cable.id, cable.source, cable.instance]) run.add(id);
  }
  return run;
}

function cablesOf(row: InstanceRow, slot: Slot, pairs: readonly Source[], strangers: Map<string, Source>): Cable[] {
  const seen = seenIn(row, slot, pairs, strangers);
  const should = shouldBeIn(row, slot);
  const cable = (source: string, look: Look): Cable => ({ id: `${row.id} ${slot} ${source}`, source, instance: row.id, slot, look });
  const cables: Cable[] = [];
  if (seen) cables.push(cable(seen, should && should !== seen ? "stray" : lookOf(row, slot)));
  if (should && should !== seen) cables.push(cable(should, "waiting"));
  return cables;
}

function seenIn(row: InstanceRow, slot: Slot, pairs: readonly Source[], strangers: Map<string, Source>): string | null {
  if (slot === "dataSpace") return row.dataSpaceId && spaceId(row.dataSpaceId);
  const fingerprint = slot === "sandbox" ? row.sandboxKey : row.productionKey;
  if (!fingerprint) return null;
  const known = pairs.filter((pair) => pair.fingerprint === fingerprint && pair.slot === slot);
  const own = known.find((pair) => pair.account === row.account) ?? known[0];
  if (own) return own.id;
  const id = `key ${slot} ${fingerprint}`;
  strangers.set(id, { id, slot, key: null, name: "", account: row.account, fingerprint, type: null });
  return id;
}

function shouldBeIn(row: InstanceRow, slot: Slot): string | null {
  if (!row.should) return null;
  if (slot === "dataSpace") return spaceId(row.should.dataSpaceId);
  const pair = row.should[slot];
  return pair && pairId(pair);
}

function lookOf(row: InstanceRow, slot: Slot): Look {
  if (row.state === "connected") return "proven";
  if (slot === "dataSpace") return row.state === "dataSpaceConflict" || row.state === "dataSpaceMismatch" ? "conflict" : "there";
  return row.state === "accountNotVerified" ? "rejected" : "there";
}

function ofPair(pair: KeyPairRow): Source {
  return { id: pairId(pair.id), slot: pair.for, key: pair.id, name: pair.name, account: pair.account, fingerprint: pair.fingerprint, type: null };
}

function ofSpace(key: string, name: string, account: string): Source {
  return { id: spaceId(key), slot: "dataSpace", key, name, account, fingerprint: null, type: null };
}

const pairId = (id: string) => `pair ${id}`;
const spaceId = (id: string) => `space ${id}`;

function byName(one: Source, other: Source): number {
  return one.account.localeCompare(other.account) || one.name.localeCompare(other.name) || one.id.localeCompare(other.id);
}
