import type { InputField } from "../../api/generated/InputField";
import type { IpcError } from "../../api/generated/IpcError";
import type { Texts } from "..";
import { fill, type Told } from "./fill";
import { toldTrouble } from "./remarks";

/** The one place that decides whether trying again can help. A code missing here does not compile. */
const RETRY: Record<IpcError["code"], boolean> = {
  dataDirectoryUnusable: true,
  dataDirectoryNewer: false,
  keychain: true,
  badInput: false,
  privateKeyRefused: false,
  intakeGone: false,
  notRead: true,
  nameTaken: false,
  noSuch: true,
  notReached: true,
  adobe: true,
  refused: false,
  badRequest: false,
  internal: true,
};

/** An error as it is shown: what happened, what is safe and what to do, and the detail. */
export interface ToldError {
  title: string;
  text: string;
  detail: string | null;
  detailLang: string | undefined;
  again: { label: string; act: () => void } | undefined;
}

/** What is said about an error; `retry` is offered where it can help. */
export function toldError(error: IpcError, texts: Texts, retry?: () => void): ToldError {
  const { title, next } = texts.errors[error.code];
  const detail = detailOf(error, texts);
  const again = retry && RETRY[error.code] ? { label: texts.errors.retry, act: retry } : undefined;
  return { title, text: next, detail: detail?.text ?? null, detailLang: detail?.lang, again };
}

/** What is wrong with this field, where the error is about it. */
export function problemOf(error: IpcError | null, field: InputField, texts: Texts): string | null {
  if (error?.code === "badInput" && error.field === field) return inputProblem(error, texts);
  if (error?.code === "nameTaken" && (field === "name" || field === "label")) {
    return fill(texts.fields.taken, { name: error.name });
  }
  return null;
}

/** Whether one of these fields says it; then no notice is needed. */
export function saidByField(error: IpcError | null, fields: readonly InputField[], texts: Texts): boolean {
  return fields.some((field) => problemOf(error, field, texts) !== null);
}

function inputProblem(error: Extract<IpcError, { code: "badInput" }>, texts: Texts): string {
  const what = texts.fields.labels[error.field];
  if (error.problem === "shape") return texts.fields.shapes[error.field] ?? fill(texts.fields.problems.shape, { what });
  return fill(texts.fields.problems[error.problem], { what, max: String(error.max ?? "") });
}

function detailOf(error: IpcError, texts: Texts): Told | null {
  if ("trouble" in error) return toldTrouble(error.trouble, texts);
  if (error.code === "badInput") return { text: inputProblem(error, texts), lang: undefined };
  if ("why" in error) return { text: error.why, lang: "en" };
  if ("name" in error) return { text: error.name, lang: undefined };
  return null;
}
