import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  // The window's content security policy knows no inline data.
  build: { target: "safari16", assetsInlineLimit: 0, reportCompressedSize: false },
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], setupFiles: ["src/test-setup.ts"] },
}));
