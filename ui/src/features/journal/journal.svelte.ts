import { asIpcError, type Backend } from "../../api/backend";
import type { ExportForm } from "../../api/generated/ExportForm";
import type { IpcError } from "../../api/generated/IpcError";
import type { JournalChoices } from "../../api/generated/JournalChoices";
import type { JournalEntry } from "../../api/generated/JournalEntry";
import type { JournalFilter } from "../../api/generated/JournalFilter";
import type { JournalVerified } from "../../api/generated/JournalVerified";
import { limits, type Period } from "./period";

/** How many entries are read at once. */
const STRETCH = 50;

/** What a person wants to see; an empty text lets everything through. */
export interface Asked {
  instance: string;
  account: string;
  person: string;
  outcome: NonNullable<JournalFilter["outcome"]> | "";
  period: Period;
  from: string;
  to: string;
}

const EVERYTHING: Asked = { instance: "", account: "", person: "", outcome: "", period: "any", from: "", to: "" };

/** The journal as last read, newest first. */
export class Journal {
  entries: JournalEntry[] | null = $state.raw(null);
  choices: JournalChoices = $state.raw({ instances: [], accounts: [], people: [] });
  asked: Asked = $state.raw(EVERYTHING);
  total: number = $state(0);
  readAt: number = $state(Date.now());
  error: IpcError | null = $state.raw(null);
  verified: JournalVerified["result"] | null = $state(null);
  readonly #backend: Backend;
  /** Which reading is the last that was asked for: an answer that comes late is not shown. */
  #reading = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Whether something is left out. */
  get narrowed(): boolean {
    const { instance, account, person, outcome } = this.asked;
    const { since, until } = this.#filter();
    return [instance, account, person, outcome].some((each) => each !== "") || since !== null || until !== null;
  }

  /** Reads as many entries as were shown, from the newest. */
  async read(): Promise<void> {
    await this.#take(0, Math.max(STRETCH, this.entries?.length ?? 0), []);
  }

  /** Reads the stretch that follows. */
  async more(): Promise<void> {
    const known = this.entries ?? [];
    await this.#take(known.length, STRETCH, known);
  }

  /** Asks for another part of it. */
  async ask(change: Partial<Asked>): Promise<void> {
    this.asked = { ...this.asked, ...change };
    await this.#take(0, STRETCH, []);
  }

  /** Asks for all of it again. */
  async everything(): Promise<void> {
    await this.ask(EVERYTHING);
  }

  /** Writes what is asked for to a file that the person chooses; false where they chose none, or it failed. */
  async save(format: ExportForm, full: boolean): Promise<boolean> {
    try {
      const saved = await this.#backend.exportJournal({ filter: this.#filter(), format, full });
      this.error = null;
      return saved;
    } catch (thrown) {
      this.error = asIpcError(thrown);
      return false;
    }
  }

  /** Asks whether the journal is whole. */
  async verify(): Promise<void> {
    try {
      this.verified = (await this.#backend.verifyJournal()).result;
      this.error = null;
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  #filter(): JournalFilter {
    const { instance, account, person, outcome, period, from, to } = this.asked;
    return {
      instance: instance || null,
      account: account || null,
      person: person || null,
      outcome: outcome || null,
      ...limits(period, from, to, Date.now()),
    };
  }

  async #take(skip: number, limit: number, before: readonly JournalEntry[]): Promise<void> {
    const reading = ++this.#reading;
    try {
      const page = await this.#backend.listJournal({ filter: this.#filter(), skip, limit });
      if (reading !== this.#reading) return;
      this.entries = [...before, ...page.entries];
      this.total = page.total;
      this.choices = page.choices;
      this.readAt = Date.now();
      this.error = null;
    } catch (thrown) {
      if (reading === this.#reading) this.error = asIpcError(thrown);
    }
  }
}
