import type { InstanceRow } from "../api/generated/InstanceRow";
import { languages, type Texts } from "../i18n";
import { holdsWords } from "../shared/fold";
import { sections, type Section } from "./sections";

/** Something that can be done from anywhere by its name. */
export interface Deed {
  id: string;
  label: string;
  /** What it is about, said beside it. */
  about: string;
  /** The same in every language, for searching. */
  known: string;
  act: () => void;
}

/** What the deeds are done with. */
export interface Doer {
  go: (section: Section) => void;
  add: () => void;
  bring: () => void;
  create: () => void;
  checkAll: () => void;
  preview: () => void;
  switchView: () => void;
  open: (row: InstanceRow) => void;
  check: (row: InstanceRow) => void;
  next: (row: InstanceRow) => void;
}

/** No list is read further than this; a word more finds the rest. */
const AT_MOST = 40;

/** Everything that can be done now, in a fixed order: places, work, then each instance. */
export function deeds(texts: Texts, rows: readonly InstanceRow[], doer: Doer): Deed[] {
  const spoken = Object.values(languages);
  const deed = (id: string, say: (texts: Texts) => string, about: string, act: () => void): Deed => ({
    id,
    label: say(texts),
    about,
    known: [...spoken.map(say), about].join("\n"),
    act,
  });
  const { board } = texts.app;
  return [
    ...sections.map(({ id }) => deed(`go ${id}`, (t) => t.app[id], texts.palette.place, () => doer.go(id))),
    deed("add", (t) => t.instances.add, board, doer.add),
    deed("create", (t) => t.creating.title, texts.app.keyPairs, doer.create),
    deed("bring", (t) => t.keyPairs.bring, texts.app.keyPairs, doer.bring),
    deed("checkAll", (t) => t.connection.checkAll, board, doer.checkAll),
    deed("preview", (t) => t.instances.preview, board, doer.preview),
    deed("view", (t) => t.palette.view, board, doer.switchView),
    ...rows.flatMap((row) => [
      deed(`open ${row.id}`, () => row.name, [row.account, texts.connection.states[row.state]].join(" · "), () => doer.open(row)),
      deed(`next ${row.id}`, (t) => t.connection.next[row.nextStep], row.name, () => doer.next(row)),
      ...(row.nextStep === "check" ? [] : [deed(`check ${row.id}`, (t) => t.connection.next.check, row.name, () => doer.check(row))]),
    ]),
  ];
}

/** The deeds that hold every word, as many as a person reads. */
export function found(all: readonly Deed[], words: string): Deed[] {
  return all.filter((deed) => holdsWords(`${deed.known}\n${deed.about}`, words)).slice(0, AT_MOST);
}
