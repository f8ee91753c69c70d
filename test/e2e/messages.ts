import { expect } from "chai";

import type { Gateway } from "../support/gateway.ts";
import { type Received, exchange } from "../support/http-exchange.ts";
import type { Json } from "../support/mcp-clients.ts";

export const JSON_HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
} as const;

export function rpc(id: number, method: string, params: Json = {}): Json {
  return { jsonrpc: "2.0", id, method, params };
}

/** What every request of the 2026 era carries. */
export function envelope2026(version = "2026-07-28"): Json {
  return {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": version,
      "io.modelcontextprotocol/clientInfo": { name: "switchgear-e2e", version: "1.0.0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  };
}

export function headers2026(method: string, name?: string): Record<string, string> {
  return {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": name }),
  };
}

/** Opens a session of the 2025 era by hand; its id. */
export async function initialize(gateway: Gateway, server?: string): Promise<string> {
  const body = rpc(1, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "switchgear-e2e", version: "1.0.0" },
  });
  const headers = { ...JSON_HEADERS, ...gateway.headers };
  const opened = await exchange(gateway.endpoint(server), { body, headers });
  const session = String(opened.headers["mcp-session-id"]);
  expect(opened.status, opened.text).to.equal(200);
  await exchange(gateway.endpoint(server), {
    body: { jsonrpc: "2.0", method: "notifications/initialized" },
    headers: { ...headers, "mcp-session-id": session },
  });
  return session;
}

/** One request of the 2026 era to one server's endpoint; its result. */
export async function ask2026(
  gateway: Gateway,
  server: string,
  method: string,
  params: Json,
  name?: string,
): Promise<Json> {
  const received = await exchange(gateway.endpoint(server), {
    body: rpc(3, method, { ...params, ...envelope2026() }),
    headers: { ...JSON_HEADERS, ...gateway.headers, ...headers2026(method, name) },
  });
  return resultOf(received);
}

/** One request in a session of the 2025 era, at the endpoint of all servers; its result. */
export async function ask2025(
  gateway: Gateway,
  session: string,
  method: string,
  params: Json,
): Promise<Json> {
  const received = await exchange(gateway.endpoint(), {
    body: rpc(2, method, params),
    headers: { ...JSON_HEADERS, ...gateway.headers, "mcp-session-id": session },
  });
  return resultOf(received);
}

function resultOf({ json, text }: Received): Json {
  expect(json, text).to.have.property("result").that.is.an("object");
  return (json as { result: Json }).result;
}

/** The tools of every page, page by page. */
export async function toolPages(ask: (params: Json) => Promise<Json>): Promise<readonly (readonly Json[])[]> {
  const pages: Json[][] = [];
  let cursor: unknown;
  do {
    const page = await ask(cursor === undefined ? {} : { cursor });
    pages.push(page["tools"] as Json[]);
    cursor = page["nextCursor"];
  } while (cursor !== undefined);
  return pages;
}
