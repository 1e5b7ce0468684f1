import type { FlowRow } from "../../api/generated/FlowRow";
import { speech } from "../speech.svelte";

/** Whether data flows, in words: failing since when, else last sent. */
export function flowWords(flow: FlowRow, now: number): string {
  const texts = speech.texts.instances.flow;
  if (flow.failingSince) return texts.failing(speech.age(flow.failingSince, now));
  return flow.sentAt ? texts.sent(speech.age(flow.sentAt, now)) : texts.unknown;
}
