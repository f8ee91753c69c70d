import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { JsonObject } from "../../src/domain/json.ts";
import type { ClientSelf, Question, UpstreamCall } from "../../src/upstream/connection.ts";
import { Reply } from "../../src/wire/reply.ts";
import { toolCall } from "./mcp-upstream.ts";
import type { PoolBench } from "./pool-bench.ts";

const PROGRAM = join(fileURLToPath(new URL("../fixtures/stdio", import.meta.url)), "talking.js");

export type Mode = "2025" | "both" | "dies" | "deaf";

export const askable = (name: string): ClientSelf => ({
  capabilities: { elicitation: { form: {} }, roots: { listChanged: true } },
  clientInfo: { name, version: "1" },
});

/** The fixture "talking" as a server of a real pool. */
export class TalkingChild {
  readonly #bench: PoolBench;
  readonly #name: string;

  constructor(bench: PoolBench, options: { name?: string; mode?: Mode; gateway?: object } = {}) {
    const { name = "talk", mode = "2025", gateway = {} } = options;
    this.#bench = bench.define(name, { command: process.execPath, args: [PROGRAM, mode], gateway });
    this.#name = name;
  }

  /** What the tool says. */
  async call(name: string, options: Partial<UpstreamCall> & { args?: JsonObject } = {}): Promise<JsonObject> {
    const { args = {}, ...rest } = options;
    const call = toolCall(name, { params: { name, arguments: args }, ...rest });
    const { value } = await this.#bench.pool.call(this.#name, call);
    const [{ text }] = value["content"] as unknown as [{ text: string }];
    return text.startsWith("{") || text.startsWith("[") ? (JSON.parse(text) as JsonObject) : { text };
  }

  /** The process that serves this caller. */
  async pid(options: Partial<UpstreamCall> = {}): Promise<unknown> {
    return (await this.call("who", options))["pid"];
  }
}

/** What one client answers, and all that it was asked. */
export class Answering {
  readonly asked: Question[] = [];
  readonly #result: JsonObject;

  constructor(result: JsonObject) {
    this.#result = result;
  }

  readonly onRequest = async (question: Question): Promise<Reply> => {
    this.asked.push(question);
    return Reply.of("result", this.#result, "2025");
  };
}
