import type { IpcError } from "../api/generated/IpcError";
import type { Texts } from "../i18n";

/** How one error looks; its texts are under the same code. */
interface Presentation {
  /** Whether trying again can help while the program runs. */
  retry: boolean;
}

/** The one place that decides how each error looks. A code missing here does not compile. */
export const presentations: Record<IpcError["code"], Presentation> = {
  dataDirectoryUnusable: { retry: true },
  dataDirectoryNewer: { retry: false },
  keychain: { retry: true },
  badInput: { retry: false },
  privateKeyRefused: { retry: false },
  intakeGone: { retry: false },
  notRead: { retry: true },
  nameTaken: { retry: false },
  noSuch: { retry: true },
  notReached: { retry: true },
  adobe: { retry: true },
  refused: { retry: false },
  badRequest: { retry: false },
  internal: { retry: true },
};

/** What is said about an error: what happened and what to do; the detail is the core's English. */
export function words(error: IpcError, texts: Texts["errors"]): { title: string; next: string; detail: string | null } {
  return { ...texts[error.code], detail: detailOf(error) };
}

function detailOf(error: IpcError): string | null {
  if ("trouble" in error) return `${error.trouble.text} ${error.trouble.next}`;
  if ("why" in error) return error.why;
  if ("text" in error) return error.text;
  if ("name" in error) return error.name;
  return null;
}
