// @vitest-environment node
import { ESLint } from "eslint";
import { expect, test } from "vitest";

/** The rules that a file at `path` breaks when it imports `from`. */
async function broken(path: string, from: string): Promise<string[]> {
  const [result] = await new ESLint().lintText(`import "${from}";\n`, { filePath: path });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

test.each([
  ["src/features/instances/x.ts", "@tauri-apps/api/core"],
  ["src/features/instances/x.ts", "../connection/shapes"],
  ["src/features/instances/x.ts", "../../app/errors"],
  ["src/app/x.ts", "@tauri-apps/api/core"],
  ["src/api/x.ts", "@tauri-apps/api/core"],
  ["src/api/tauri.ts", "../features/instances/rows"],
  ["src/shared/x.ts", "../i18n"],
  ["src/shared/x.ts", "../api/backend"],
  ["src/i18n/x.ts", "../features/instances/rows"],
])("%s may not import %s", async (path, from) => {
  expect(await broken(path, from)).toContain("no-restricted-imports");
});

test.each([
  ["src/features/instances/x.ts", "../../api/backend"],
  ["src/features/instances/x.ts", "./rows"],
  ["src/features/settings/x.ts", "../../shared/Choice.svelte"],
  ["src/app/x.ts", "../features/instances/rows"],
  ["src/api/tauri.ts", "@tauri-apps/api/core"],
])("%s may import %s", async (path, from) => {
  expect(await broken(path, from)).not.toContain("no-restricted-imports");
});
