import "./styles/tokens.css";
import "./styles/base.css";

import { mount } from "svelte";

import type { Backend } from "./api/backend";
import { tauriBackend } from "./api/tauri";
import App from "./app/App.svelte";

/** The core; in mode `sample` a made-up fleet, for a plain browser. A release has only the core. */
async function backend(): Promise<Backend> {
  if (import.meta.env.MODE === "sample") return (await import("./api/sample")).sampleFleet();
  return tauriBackend;
}

const target = document.getElementById("app");
if (target) mount(App, { target, props: { backend: await backend() } });
