import type { Sent } from "../support/http-exchange.ts";
import { envelope2026, headers2026, rpc } from "./messages.ts";

export interface Case {
  readonly title: string;
  readonly sent: Sent;
  readonly status: number;
  /** The JSON-RPC error codes that are right; absent where the protocol lays none down. */
  readonly codes?: readonly number[];
  readonly id?: number;
}

const PARSE = -32700;
const INVALID = -32600;
const PARAMS = -32602;

const list = rpc(7, "tools/list");

/** Wrong before any session or method matters. */
export const MALFORMED: readonly Case[] = [
  { title: "half a JSON text", sent: { body: '{"jsonrpc":"2.0",' }, status: 400, codes: [PARSE] },
  { title: "no body", sent: { body: "" }, status: 400, codes: [PARSE] },
  {
    title: "bytes that are no UTF-8",
    sent: { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) },
    status: 400,
    codes: [PARSE],
  },
  { title: "a batch", sent: { body: [list, list] }, status: 400, codes: [INVALID] },
  { title: "an empty batch", sent: { body: [] }, status: 400, codes: [INVALID] },
  { title: "a string", sent: { body: '"tools/list"' }, status: 400, codes: [INVALID] },
  { title: "null", sent: { body: "null" }, status: 400, codes: [INVALID] },
  { title: "another JSON-RPC", sent: { body: { ...list, jsonrpc: "1.0" } }, status: 400, codes: [INVALID] },
  { title: "no method", sent: { body: { jsonrpc: "2.0", id: 7 } }, status: 400, codes: [INVALID] },
  {
    title: "a method that is a number",
    sent: { body: { ...list, method: 1 } },
    status: 400,
    codes: [INVALID],
  },
  { title: "an id that is an object", sent: { body: { ...list, id: {} } }, status: 400, codes: [INVALID] },
  { title: "an id that is null", sent: { body: { ...list, id: null } }, status: 400, codes: [INVALID] },
  {
    title: "params that are a list",
    sent: { body: { ...list, params: [1] } },
    status: 400,
    codes: [INVALID, PARAMS],
  },
  {
    title: "the same key twice",
    sent: { body: '{"jsonrpc":"2.0","id":7,"method":"tools/list","method":"tools/call"}' },
    status: 400,
    codes: [INVALID, PARSE],
  },
  {
    title: "the same key twice, once escaped",
    sent: { body: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","n\\u0061me":"b"}}' },
    status: 400,
    codes: [INVALID, PARSE],
  },
  {
    title: "a key that reaches for the prototype",
    sent: { body: '{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"__proto__":{"admin":true}}}' },
    status: 400,
    codes: [INVALID, PARSE],
  },
  {
    title: "a hundred levels of nesting",
    sent: {
      body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"arguments":${"[".repeat(100)}${"]".repeat(100)}}}`,
    },
    status: 400,
    codes: [INVALID, PARSE],
  },
  {
    title: "a million levels of nesting",
    sent: { body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${"[".repeat(1_000_000)}` },
    status: 400,
    codes: [INVALID, PARSE],
  },
  {
    title: "five megabytes",
    sent: { body: rpc(7, "ping", { pad: "x".repeat(5 * 1024 * 1024) }) },
    status: 413,
  },
  {
    title: "a form",
    sent: { body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } },
    status: 415,
  },
  { title: "no content type", sent: { body: list, headers: { "content-type": undefined } }, status: 415 },
  {
    title: "a client that wants a web page",
    sent: { body: list, headers: { accept: "text/html" } },
    status: 406,
  },
  { title: "PUT", sent: { method: "PUT", body: list }, status: 405 },
];

/** Well-formed, but not for this gateway, or not for this caller. */
export const REFUSED: readonly Case[] = [
  { title: "no key", sent: { body: list, headers: { authorization: undefined } }, status: 401 },
  {
    title: "a key that is none",
    sent: { body: list, headers: { authorization: "Bearer swg_no_such_key" } },
    status: 401,
  },
  {
    title: "another scheme",
    sent: { body: list, headers: { authorization: "Basic YWRtaW46YWRtaW4=" } },
    status: 401,
  },
  { title: "a foreign Host", sent: { body: list, headers: { host: "evil.example.com" } }, status: 403 },
  {
    title: "a foreign Origin",
    sent: { body: list, headers: { origin: "http://evil.example.com" } },
    status: 403,
  },
  { title: "the Origin of a sandboxed page", sent: { body: list, headers: { origin: "null" } }, status: 403 },
  {
    title: "a session that nobody opened",
    sent: { body: list, headers: { "mcp-session-id": "made-up" } },
    status: 404,
    codes: [-32001],
  },
  {
    title: "the stream of a session that nobody opened",
    sent: { method: "GET", headers: { "mcp-session-id": "made-up" } },
    status: 404,
  },
  {
    title: "the end of a session that nobody opened",
    sent: { method: "DELETE", headers: { "mcp-session-id": "made-up" } },
    status: 404,
  },
  { title: "a request without a session", sent: { body: list }, status: 400 },
  { title: "a stream without a session", sent: { method: "GET" }, status: 400 },
];

const call = { name: "everything__echo", arguments: { message: "x" } };
const of2026 = (
  method: string,
  params: Record<string, unknown>,
  headers: Record<string, string | undefined> = {},
): Sent => ({
  body: rpc(7, method, { ...params, ...envelope2026() }),
  headers: {
    ...headers2026(method, typeof params["name"] === "string" ? params["name"] : undefined),
    ...headers,
  },
});

/** What 2026-07-28 demands of headers and envelope. */
export const ENVELOPE: readonly Case[] = [
  {
    title: "no MCP-Protocol-Version",
    sent: of2026("tools/list", {}, { "mcp-protocol-version": undefined }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "another MCP-Protocol-Version than in the body",
    sent: of2026("tools/list", {}, { "mcp-protocol-version": "2025-11-25" }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "no Mcp-Method",
    sent: of2026("tools/list", {}, { "mcp-method": undefined }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "another Mcp-Method than in the body",
    sent: of2026("tools/list", {}, { "mcp-method": "prompts/list" }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "no Mcp-Name",
    sent: of2026("tools/call", call, { "mcp-name": undefined }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "another Mcp-Name than in the body",
    sent: of2026("tools/call", call, { "mcp-name": "other" }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "an Mcp-Name in bad Base64",
    sent: of2026("tools/call", call, { "mcp-name": "=?base64?%%%?=" }),
    status: 400,
    codes: [-32020],
    id: 7,
  },
  {
    title: "no envelope",
    sent: { body: rpc(7, "tools/list", {}), headers: headers2026("tools/list") },
    status: 400,
    codes: [PARAMS],
    id: 7,
  },
  {
    title: "an unknown version",
    sent: {
      body: rpc(7, "tools/list", envelope2026("2099-01-01")),
      headers: { ...headers2026("tools/list"), "mcp-protocol-version": "2099-01-01" },
    },
    status: 400,
    codes: [-32022],
    id: 7,
  },
  { title: "an unknown method", sent: of2026("no/such", {}), status: 404, codes: [-32601], id: 7 },
  { title: "a method of the other era", sent: of2026("ping", {}), status: 404, codes: [-32601], id: 7 },
  {
    title: "an unknown tool",
    sent: of2026("tools/call", { name: "nobody__nothing", arguments: {} }),
    status: 200,
    codes: [PARAMS],
    id: 7,
  },
  { title: "GET", sent: { method: "GET", headers: { "mcp-protocol-version": "2026-07-28" } }, status: 405 },
  {
    title: "DELETE",
    sent: { method: "DELETE", headers: { "mcp-protocol-version": "2026-07-28" } },
    status: 405,
  },
];
