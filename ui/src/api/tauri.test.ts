import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test } from "vitest";

import { BackendError } from "./backend";
import type { RunEvent } from "./generated/RunEvent";
import { tauriBackend } from "./tauri";

interface Hears {
  onmessage: (event: unknown) => void;
}

afterEach(clearMocks);

test("a request goes under the name and in the form the shell reads", async () => {
  const asked: [string, unknown][] = [];
  mockIPC((command, args) => {
    asked.push([command, args]);
    return null;
  });
  await tauriBackend.instancePage("7".repeat(32));
  await tauriBackend.setSetting("parallel", "4");
  await tauriBackend.failedOfLastPush();
  expect(asked).toEqual([
    ["instance_page", { request: { instance: "7".repeat(32) } }],
    ["set_setting", { request: { key: "parallel", value: "4" } }],
    ["failed_of_last_push", {}],
  ]);
});

test("progress is heard while a run goes on, and its result comes as the answer", async () => {
  const heard: RunEvent[] = [];
  mockIPC((command, args) => {
    expect(command).toBe("push_config");
    const { progress } = args as unknown as { progress: Hears };
    progress.onmessage({ event: "begun", run: "1" });
    progress.onmessage({ event: "step", instance: "a", step: "writing", outcome: null });
    return { entry: null, push: "2", instances: [] };
  });
  const request = { agreement: { plans: [], typedNames: [] }, parts: [] };
  const report = await tauriBackend.push(request, (event) => heard.push(event));
  expect(report.push).toBe("2");
  expect(heard.map((each) => each.event)).toEqual(["begun", "step"]);
});

test("a listener that was stopped hears nothing more, and the shell is told once", async () => {
  const asked: [string, unknown][] = [];
  let events: Hears | undefined;
  mockIPC((command, args) => {
    asked.push([command, (args as { request?: unknown }).request]);
    if (command === "watch_records") events = (args as unknown as { events: Hears }).events;
    return 5;
  });
  let changes = 0;
  const stop = await tauriBackend.watchRecords(() => (changes += 1));
  events?.onmessage(null);
  stop();
  stop();
  events?.onmessage(null);
  expect(changes).toBe(1);
  expect(asked).toEqual([["watch_records", undefined], ["stop_watching", { listener: 5 }]]);
});

test("a refusal keeps its code, and what is no answer of ours is internal", async () => {
  mockIPC((command) => {
    throw command === "list_accounts" ? { code: "nameTaken", name: "Nordlys" } : "Command not allowed by ACL";
  });
  const reason = async (call: Promise<unknown>) => {
    const thrown: unknown = await call.catch((each: unknown) => each);
    expect(thrown).toBeInstanceOf(BackendError);
    return (thrown as BackendError).reason;
  };
  expect(await reason(tauriBackend.listAccounts())).toEqual({ code: "nameTaken", name: "Nordlys" });
  expect(await reason(tauriBackend.listInstances())).toEqual({ code: "internal" });
});
