import { type Json, type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { RequestId } from "../domain/protocol.ts";
import { checkJson } from "./json-guard.ts";
import type { Reply } from "./reply.ts";
import { WireError } from "./wire-error.ts";

/** One JSON-RPC message, parsed once. Params stay opaque JSON; a message without them has none. */
export type Message =
  | { readonly kind: "request"; readonly id: RequestId; readonly method: string; readonly params: JsonObject }
  | { readonly kind: "notification"; readonly method: string; readonly params: JsonObject }
  | {
      readonly kind: "response";
      readonly id: RequestId | null;
      readonly result?: JsonObject;
      readonly error?: JsonObject;
    };

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Json | undefined;
}

/** Throws WireError: -32700 for text that is not JSON, -32600 for JSON that is no single JSON-RPC 2.0 message. */
export function parseMessage(text: string, limits: { readonly jsonDepth: number }): Message {
  checkJson(text, { depth: limits.jsonDepth });
  return toMessage(parseJson(text));
}

/** For a value that was parsed already. */
export function toMessage(value: Json): Message {
  if (Array.isArray(value)) throw WireError.invalid("batches are not supported");
  if (!isJsonObject(value)) throw WireError.invalid("it is not an object");
  const id = idOf(value);
  if (value["jsonrpc"] !== "2.0") throw WireError.invalid('"jsonrpc" must be "2.0"', id);
  const { method } = value;
  if (method === undefined) return toResponse(value, id);
  if (typeof method !== "string") throw WireError.invalid('"method" must be a string', id);
  const params = paramsOf(value, id);
  if (value["id"] === undefined) return { kind: "notification", method, params };
  if (id === null) throw WireError.invalid('"id" must be a string or an integer');
  return { kind: "request", id, method, params };
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw WireError.notJson(cause);
  }
}

/** Nothing for an id that JSON-RPC and MCP do not allow. */
function idOf(value: JsonObject): RequestId | null {
  const { id } = value;
  return typeof id === "string" || (typeof id === "number" && Number.isSafeInteger(id)) ? id : null;
}

function paramsOf(value: JsonObject, id: RequestId | null): JsonObject {
  const { params } = value;
  if (params === undefined) return {};
  if (!isJsonObject(params)) throw WireError.invalid('"params" must be an object', id);
  return params;
}

function toResponse(value: JsonObject, id: RequestId | null): Message {
  const { result, error } = value;
  if ((result === undefined) === (error === undefined)) {
    throw WireError.invalid('it has neither "method" nor exactly one of "result" and "error"', id);
  }
  if (isJsonObject(error)) {
    if (typeof error["code"] !== "number" || stringAt(error, "message") === undefined) {
      throw WireError.invalid('"error" must have a numeric "code" and a "message"', id);
    }
    return { kind: "response", id, error };
  }
  if (!isJsonObject(result)) throw WireError.invalid('"result" and "error" must be objects', id);
  if (id === null) throw WireError.invalid('a result needs the "id" of its request');
  return { kind: "response", id, result };
}

export function encodeRequest(id: RequestId, method: string, params: JsonObject): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}}`;
}

export function encodeNotification(method: string, params: JsonObject): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${JSON.stringify(params)}}`;
}

const HEADS = {
  result: Buffer.from('{"jsonrpc":"2.0","result":'),
  error: Buffer.from('{"jsonrpc":"2.0","error":'),
} as const;

/** The id comes last: whatever the upstream's bytes hold, in a duplicate key the last one wins. */
export function encodeReply(id: RequestId | null, reply: Reply): Buffer {
  return Buffer.concat([HEADS[reply.kind], reply.bytes, tail(id)]);
}

export function encodeError(id: RequestId | null, error: RpcError): Buffer {
  return Buffer.concat([HEADS.error, Buffer.from(JSON.stringify(error)), tail(id)]);
}

function tail(id: RequestId | null): Buffer {
  return Buffer.from(`,"id":${JSON.stringify(id)}}`);
}
