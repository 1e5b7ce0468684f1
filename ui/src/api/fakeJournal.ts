import type { AccountRow } from "./generated/AccountRow";
import type { JournalChoice } from "./generated/JournalChoice";
import type { JournalChoices } from "./generated/JournalChoices";
import type { JournalEntry } from "./generated/JournalEntry";
import type { JournalFilter } from "./generated/JournalFilter";

/** A filter that lets everything through. */
export const anything: JournalFilter = { instance: null, account: null, person: null, outcome: null, since: null, until: null };

/** The entries that a filter lets through. */
export function journalPart(journal: readonly JournalEntry[], filter: JournalFilter, accounts: readonly AccountRow[]): JournalEntry[] {
  const label = accounts.find((each) => each.id === filter.account)?.label;
  const outcome = (each: JournalEntry) => each.outcome ?? (each.endedAt ? "done" : "outcomeUnknown");
  return journal.filter(
    (each) =>
      (filter.instance === null || each.instance === filter.instance) &&
      (filter.account === null || each.account === label) &&
      (filter.person === null || each.person === filter.person) &&
      (filter.outcome === null || outcome(each) === filter.outcome) &&
      (filter.since === null || each.endedAt === null || each.endedAt >= filter.since) &&
      (filter.until === null || each.at === null || each.at < filter.until),
  );
}

/** What there is to choose from. */
export function journalChoices(journal: readonly JournalEntry[], accounts: readonly AccountRow[]): JournalChoices {
  const once = (choices: JournalChoice[]) => choices.filter((each, at) => choices.findIndex((other) => other.id === each.id) === at);
  return {
    instances: once(journal.map((each) => ({ id: each.instance, name: each.instanceName }))),
    accounts: accounts.filter((each) => journal.some((entry) => entry.account === each.label)).map((each) => ({ id: each.id, name: each.label })),
    people: [...new Set(journal.map((each) => each.person))],
  };
}
