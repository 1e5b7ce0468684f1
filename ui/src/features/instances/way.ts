import type { InputField } from "../../api/generated/InputField";
import type { InstanceDetails } from "../../api/generated/InstanceDetails";
import type { SshDetails } from "../../api/generated/SshDetails";

/** The way in as it is typed; every field is text until the core takes it. */
export interface TypedWay {
  target: string;
  root: string;
  port: string;
  identityFile: string;
  php: string;
  runAs: string;
  container: string;
}

/** Every field of the way in, for telling whose problem an error is. */
export const WAY_FIELDS: readonly InputField[] = ["sshTarget", "root", "port", "identityFile", "php", "runAs", "container"];

/** Nothing typed yet, or what is kept of an instance. */
export function typedWay(kept: InstanceDetails["ssh"] = null): TypedWay {
  return {
    target: kept?.target ?? "",
    root: kept?.root ?? "",
    port: kept?.port?.toString() ?? "",
    identityFile: kept?.identityFile ?? "",
    php: kept?.php ?? "",
    runAs: kept?.runAs ?? "",
    container: kept?.container ?? "",
  };
}

/** Whether what was typed as a port is one; the other fields are judged by the core. */
export function portIsRight(port: string): boolean {
  return port.trim() === "" || (/^\d{1,5}$/.test(port.trim()) && Number(port) >= 1 && Number(port) <= 65_535);
}

/** The way in as the core takes it; a field that was left empty is the server's own. */
export function sshOf(typed: TypedWay): SshDetails {
  const own = (text: string) => (text === "" ? null : text);
  return {
    target: typed.target,
    root: typed.root,
    port: typed.port.trim() === "" ? null : Number(typed.port),
    identityFile: own(typed.identityFile),
    php: own(typed.php),
    runAs: own(typed.runAs),
    container: own(typed.container),
  };
}
