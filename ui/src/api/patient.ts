import { asIpcError, type Backend } from "./backend";
import type { Trouble } from "./generated/Trouble";

/**
 * The same backend, which asks a person when the keychain is in the way and then tries the same
 * call again, as often as they want to. Nothing is lost meanwhile: the call has not begun.
 */
export function patient(backend: Backend, ask: (trouble: Trouble) => Promise<boolean>): Backend {
  return new Proxy(backend, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== "function" || name === "isDemo") return call;
      return async (...args: unknown[]): Promise<unknown> => {
        for (;;) {
          try {
            return await (call.apply(target, args) as Promise<unknown>);
          } catch (thrown) {
            const error = asIpcError(thrown);
            if (error.code !== "keychain" || !(await ask(error.trouble))) throw thrown;
          }
        }
      };
    },
  });
}
