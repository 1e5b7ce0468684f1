import "./styles/tokens.css";
import "./styles/base.css";

import { mount } from "svelte";

import { tauriBackend } from "./api/tauri";
import App from "./app/App.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target, props: { backend: tauriBackend } });
