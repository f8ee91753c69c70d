import { randomUUID } from "node:crypto";

import { expect } from "chai";

import type { Answers, AskingClient } from "../../support/asking-client.ts";
import type { Json } from "../../support/mcp-clients.ts";
import type { Cell } from "./cell.ts";

/** One feature of the protocol, proven in every cell in which it can exist. */
export interface Row {
  readonly id: string;
  /** A sentence of which the client behind the gateway is the subject. */
  readonly title: string;
  /** Also at the endpoint of all servers, where names and URIs are the gateway's. */
  readonly merged?: true;
  /** Why the feature cannot exist in this cell. */
  readonly impossible?: (cell: Cell) => string | undefined;
  readonly run: (cell: Cell) => Promise<void>;
}

/** Names one call in the ledger. */
export function newKey(): string {
  return randomUUID();
}

export function textOf(answer: Json): string {
  const [block] = answer["content"] as readonly Json[];
  return String(block?.["text"]);
}

/** The answer, and proof that it is none of an error. */
export function expectText(answer: Json): Chai.Assertion {
  expect(answer["isError"] ?? false, textOf(answer)).to.equal(false);
  return expect(textOf(answer));
}

/**
 * Every execution of a call that asks has ended once. On a 2025 wire it has begun once, too; on a 2026 wire the question
 * is the answer of one request and the call goes on with another, so there its beginnings are not counted.
 */
export function expectOnce({ ledger, upstreamEra }: Cell, key: string): void {
  const lines = ledger.linesOf(key).map(({ event }) => event);
  expect(ledger.count(key, "done"), `executions that ended: ${lines.join(", ")}`).to.equal(1);
  if (upstreamEra === "2025") expect(ledger.count(key, "started"), lines.join(", ")).to.equal(1);
}

export async function withClient<T>(
  cell: Cell,
  answers: Answers,
  use: (client: AskingClient) => Promise<T>,
): Promise<T> {
  const client = await cell.open(answers);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
