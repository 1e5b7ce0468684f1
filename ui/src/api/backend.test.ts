import { expect, test } from "vitest";

import { asIpcError, BackendError } from "./backend";

test("an error of the contract keeps its code and detail", () => {
  const reason = { code: "dataDirectoryUnusable", why: "it is a symbolic link" } as const;
  expect(asIpcError(reason)).toEqual(reason);
  expect(asIpcError(new BackendError(reason))).toEqual(reason);
});

test.each([["a text"], [null], [{ code: "neverHeardOf" }], [{ code: 7 }], [{ code: "toString" }], [new Error("x")]])(
  "anything unexpected is internal: %s",
  (thrown) => {
    expect(asIpcError(thrown)).toEqual({ code: "internal" });
  },
);
