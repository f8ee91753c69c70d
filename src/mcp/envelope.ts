import type { IncomingHttpHeaders } from "node:http";

import { type Json, type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import { META, RPC, VERSIONS_OF_2025, VERSION_2026 } from "../domain/protocol.ts";
import { decodeHeaderValue, nameOf } from "../wire/mcp-headers.ts";
import { RpcFailure } from "./rpc-errors.ts";

/** What a 2026 client says of itself with every request. */
export interface Envelope {
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject | undefined;
  readonly logLevel: string | undefined;
}

/** A request is of the 2026 era if its body or its version header says so; the body wins over a missing header. */
export function isOf2026(method: string, params: JsonObject, headers: IncomingHttpHeaders): boolean {
  const meta = params["_meta"];
  if (isJsonObject(meta) && meta[META.protocolVersion] !== undefined) return true;
  const version = headers["mcp-protocol-version"];
  if (typeof version !== "string" || isKnown2025(version)) return false;
  if (version === VERSION_2026 && method === "initialize") {
    throw mismatch("an initialize request belongs to the 2025 era, but MCP-Protocol-Version says 2026-07-28");
  }
  return version === VERSION_2026;
}

export function isKnown2025(version: string): boolean {
  return (VERSIONS_OF_2025 as readonly string[]).includes(version);
}

/** Checks the envelope and the headers that mirror it. Throws RpcFailure with the status that the protocol demands. */
export function readEnvelope(method: string, params: JsonObject, headers: IncomingHttpHeaders): Envelope {
  const meta = isJsonObject(params["_meta"]) ? params["_meta"] : {};
  const version = stringAt(meta, META.protocolVersion);
  const capabilities = meta[META.clientCapabilities];
  if (version === undefined) throw invalidEnvelope(META.protocolVersion);
  if (!isJsonObject(capabilities)) throw invalidEnvelope(META.clientCapabilities);
  const clientInfo = meta[META.clientInfo];
  if (clientInfo !== undefined && !isJsonObject(clientInfo)) throw invalidEnvelope(META.clientInfo);
  checkVersion(version, headers["mcp-protocol-version"]);
  checkMethod(method, headers["mcp-method"]);
  checkName(method, params, headers["mcp-name"]);
  return { capabilities, clientInfo, logLevel: stringAt(meta, META.logLevel) };
}

/** What a client says of itself in `_meta`, before anything is checked. */
export function clientInfoIn(meta: Json | undefined): JsonObject | undefined {
  const info = isJsonObject(meta) ? meta[META.clientInfo] : undefined;
  return isJsonObject(info) ? info : undefined;
}

function checkVersion(version: string, header: string | string[] | undefined): void {
  if (header === undefined) throw mismatch("the MCP-Protocol-Version header is missing");
  if (header !== version)
    throw mismatch(`the body names ${version}, the MCP-Protocol-Version header ${String(header)}`);
  if (version === VERSION_2026) return;
  throw new RpcFailure(400, {
    code: RPC.unsupportedVersion,
    message: `Unsupported protocol version: ${version}`,
    data: { supported: [VERSION_2026], requested: version },
  });
}

function checkMethod(method: string, header: string | string[] | undefined): void {
  if (header === undefined) throw mismatch("the Mcp-Method header is missing");
  if (header !== method)
    throw mismatch(`the body names method ${method}, the Mcp-Method header ${String(header)}`);
}

function checkName(method: string, params: JsonObject, header: string | string[] | undefined): void {
  const value = nameOf(method, params);
  if (value === undefined) return;
  if (header === undefined) throw mismatch("the Mcp-Name header is missing");
  if (decodeHeaderValue(String(header)) !== value) throw mismatch("the Mcp-Name header and the body differ");
}

export function mismatch(reason: string): RpcFailure {
  return new RpcFailure(400, { code: RPC.headerMismatch, message: `Header mismatch: ${reason}.` });
}

function invalidEnvelope(key: string): RpcFailure {
  const message = `Invalid params: _meta must carry ${key} (MCP ${VERSION_2026}).`;
  return new RpcFailure(400, { code: RPC.invalidParams, message, data: { missing: [key] } });
}

/** The client's name for a call, see docs/calls.md. */
export const META_IDEMPOTENCY_KEY = "io.switchgear/idempotencyKey";

const GATEWAY_KEYS: ReadonlySet<string> = new Set([
  ...Object.values(META),
  "progressToken",
  META_IDEMPOTENCY_KEY,
]);

/** The caller's `_meta` without what each leg has of its own. */
export function metaForUpstream(params: JsonObject): JsonObject | undefined {
  const meta = params["_meta"];
  if (!isJsonObject(meta)) return undefined;
  const rest = Object.entries(meta).filter(([key]) => !GATEWAY_KEYS.has(key));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
