import { expect } from "chai";

import type { Json, TestClient } from "../support/mcp-clients.ts";

export type Executed = "not_executed" | "unknown" | "executed";

const SAID: Readonly<Record<Executed, RegExp>> = {
  not_executed: /not executed/i,
  unknown: /unknown whether/i,
  executed: /was executed/i,
};

export function textOf(answer: Json): string {
  const content = answer["content"] as readonly Json[];
  return content.map(({ text }) => (typeof text === "string" ? text : "")).join("\n");
}

export interface TimedCall {
  readonly answer: Json;
  readonly ms: number;
}

export async function timed(client: TestClient, tool: string, args: Json = {}): Promise<TimedCall> {
  const start = performance.now();
  const answer = await client.callTool(tool, args, { timeout: 30_000 });
  return { answer, ms: performance.now() - start };
}

/** The law of a failed call: it says who failed and whether the call was executed, to the model and to a program. */
export function expectFailedCall(
  answer: Json,
  expected: { server: string; executed: Executed; code?: string },
): Json {
  const { _meta: meta } = answer as { _meta?: Json };
  const about = meta?.["io.switchgear/call"] as Json;

  expect(answer["isError"], JSON.stringify(answer).slice(0, 500)).to.equal(true);
  expect(textOf(answer)).to.contain(expected.server).and.match(SAID[expected.executed]);
  // A child's own last words may be a stack; the gateway's never are.
  expect(textOf(answer).split("Last words")[0], "a stack").not.to.match(/\n\s+at |node:internal|\.js:\d+/);
  expect(about).to.include({ server: expected.server, executed: expected.executed });
  expect(about["request_id"]).to.be.a("string");
  expect(about["code"]).to.match(/^[a-z_]+$/);
  if (expected.code !== undefined) expect(about["code"]).to.equal(expected.code);
  return about;
}

/** Calls a healthy server again and again while `trouble` lasts; the slowest answer in milliseconds. */
export async function slowestWhile(
  client: TestClient,
  tool: string,
  trouble: Promise<unknown>,
): Promise<number> {
  const progress = { isOver: false };
  const over = trouble.finally(() => (progress.isOver = true)).catch(() => undefined);
  let slowest = 0;
  do {
    const { answer, ms } = await timed(client, tool, { value: "still here" });
    expect(textOf(answer)).to.equal("still here");
    slowest = Math.max(slowest, ms);
  } while (!progress.isOver);
  await over;
  return slowest;
}
