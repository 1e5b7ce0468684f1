import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import { readdirSync } from "node:fs";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

/** Which room may import which: the window's half of the table in CONTRIBUTING.md. */
const never = (...groups) => ({
  "no-restricted-imports": [
    "error",
    { patterns: groups.map(([group, message]) => ({ group, message })) },
  ],
});

const TAURI = [["@tauri-apps/*"], "only src/api/tauri.ts knows Tauri; ask through the Backend"];
const FEATURES = [["**/features", "**/features/**"], "features do not import each other, and nothing below imports them"];
const APP = [["../app/**", "../../app/**"], "the frame is above everything; nothing imports it"];
const API = [["**/api", "**/api/**"], "this room knows nothing of what can be asked"];
const I18N = [["**/i18n", "**/i18n/**"], "texts are handed in from above"];

const features = readdirSync(new URL("src/features", import.meta.url));
const featureRules = features.map((name) => ({
  files: [`src/features/${name}/**`],
  rules: never(TAURI, APP, FEATURES, ...features.filter((other) => other !== name).map((other) => [
    [`../${other}`, `../${other}/**`, `**/../${other}/**`],
    `features/${name} does not import features/${other}; let the frame put them together`,
  ])),
}));

export default ts.config(
  { ignores: ["dist/**", "src/api/generated/**"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "no-console": "error",
      "svelte/no-at-html-tags": "error",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  { files: ["*.config.*", "e2e/**", "src/**/*.test.ts"], languageOptions: { globals: { ...globals.node } } },
  { files: ["src/app/**", "src/main.ts"], rules: never(TAURI) },
  { files: ["src/api/**"], ignores: ["src/api/tauri.ts", "src/api/tauri.test.ts"], rules: never(TAURI, APP, FEATURES) },
  { files: ["src/api/tauri.ts", "src/api/tauri.test.ts"], rules: never(APP, FEATURES) },
  { files: ["src/shared/**"], rules: never(TAURI, APP, FEATURES, API, I18N) },
  { files: ["src/i18n/**"], rules: never(TAURI, APP, FEATURES) },
  ...featureRules,
);
