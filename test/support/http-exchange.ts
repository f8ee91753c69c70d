import { expect } from "chai";
import { request } from "undici";

import type { Json } from "./mcp-clients.ts";

export interface Sent {
  readonly method?: "POST" | "GET" | "DELETE" | "PUT";
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  /** `undefined` leaves out a header that is sent otherwise. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The first JSON-RPC message of the answer, from an event stream too. */
  readonly json: Json | undefined;
}

/** One request that need not be well-formed, and its whole answer. */
export async function exchange(url: string, sent: Sent): Promise<Received> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(sent.headers ?? {}))
    if (value !== undefined) headers[name] = value;
  const { body } = sent;
  const payload = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await request(url, { method: sent.method ?? "POST", headers, body: payload ?? null });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, json: firstMessage(text) };
}

function firstMessage(text: string): Json | undefined {
  const data = /^data: ?(\{.*)$/m.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(data) as Json;
  } catch {
    return undefined;
  }
}

/** However wrong a request is, its answer is JSON or nothing, and shows nothing of the inside. */
export function expectDecent({ headers, text }: Received): void {
  const type = String(headers["content-type"] ?? "");

  if (text !== "") expect(type).to.match(/^(?:application\/(?:problem\+)?json|text\/event-stream)/);
  expect(text, "a page").not.to.match(/<html|<!doctype|<pre>/i);
  expect(text, "a stack").not.to.match(/\n\s+at |\\n\s+at |node:internal|\.[jt]s:\d+/);
  expect(headers, "what it is built with").not.to.have.property("x-powered-by");
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: Json;
}

/** The JSON-RPC error of an answer, which must have one. */
export function errorOf({ json, text }: Received): RpcError {
  expect(json, text).to.have.property("error").that.is.an("object");
  const { code, message, data } = (json as { error: Partial<RpcError> }).error;
  return { code: code ?? 0, message: message ?? "", data: data ?? {} };
}
