import { isUtf8 } from "node:buffer";

import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Era, RequestId } from "../domain/protocol.ts";
import { type Member, isSpace, scanMembers } from "./frame-scan.ts";
import { Reply } from "./reply.ts";
import { WireError } from "./wire-error.ts";

export interface ReplyFrame {
  /** Absent only in an error about a request whose id could not be read. */
  readonly id: RequestId | null;
  readonly reply: Reply;
}

/** Up to here a parse costs less than it is worth to avoid, and proves that the whole text is JSON. */
const PARSED_BYTES = 16 * 1024;
/** Room for `jsonrpc` and an id on either side of the result. */
const EDGE_BYTES = 256;

const MEMBER = String.raw`"(?:jsonrpc|id)"\s*:\s*(?:"[^"\\]{0,128}"|-?\d{1,15})`;
const HEAD = new RegExp(String.raw`^\s*\{\s*((?:${MEMBER}\s*,\s*){0,2})"(result|error)"\s*:\s*(?=\{)`);
const TAIL = new RegExp(String.raw`\}\s*((?:,\s*${MEMBER}\s*){0,2})\}\s*$`);
const FIELD = /"(jsonrpc|id)"\s*:\s*("[^"\\]*"|-?\d+)/g;

/**
 * A response, without a parse of a large result: only its head and its tail are looked at (performance.md, the hot path).
 * Nothing for a notification or a request of the server: those are for `parseMessage`. Throws WireError for invalid UTF-8 or
 * JSON; a large result whose middle is not JSON is found out by whoever parses it.
 */
export function readReply(bytes: Buffer, era: Era): ReplyFrame | undefined {
  if (!isUtf8(bytes)) throw WireError.notJson();
  const frame = bytes.length > PARSED_BYTES ? readEdges(bytes, era) : undefined;
  return frame ?? readWhole(bytes, era);
}

function readEdges(bytes: Buffer, era: Era): ReplyFrame | undefined {
  // Latin-1 keeps one character for each byte, so positions in the text are positions in the bytes.
  const head = HEAD.exec(bytes.toString("latin1", 0, EDGE_BYTES));
  const tailStart = bytes.length - EDGE_BYTES;
  const tail = TAIL.exec(bytes.toString("latin1", tailStart));
  if (head === null || tail === null) return undefined;
  const fields = new Map<string, string>();
  for (const [, key = "", value = ""] of `${head[1]}${tail[1]}`.matchAll(FIELD)) {
    if (fields.has(key)) return undefined;
    fields.set(key, value);
  }
  const id = fields.get("id");
  if (fields.get("jsonrpc") !== '"2.0"' || id === undefined) return undefined;
  const kind = head[2] === "result" ? "result" : "error";
  // `TAIL` begins with the brace that closes the value.
  const value = bytes.subarray(head[0].length, tailStart + tail.index + 1);
  return {
    id: parse(Buffer.from(id, "latin1").toString("utf8")) as RequestId,
    reply: new Reply(kind, onOneLine(value), era),
  };
}

function readWhole(bytes: Buffer, era: Era): ReplyFrame | undefined {
  const value = parse(bytes.toString("utf8"));
  if (!isJsonObject(value)) throw WireError.invalid("it is not an object");
  if (value["method"] !== undefined) return undefined;
  const members = new Map<string, Member>();
  for (const member of scanMembers(bytes)) {
    if (members.has(member.key))
      throw WireError.invalid(`the key "${member.key.slice(0, 64)}" appears twice`);
    members.set(member.key, member);
  }
  if (value["jsonrpc"] !== "2.0") throw WireError.invalid('"jsonrpc" must be "2.0"');
  const kind = members.has("result") ? "result" : "error";
  const member = members.get(kind);
  const body = value[kind];
  if (member === undefined || !isJsonObject(body) || (kind === "result" && members.has("error"))) {
    throw WireError.invalid('it must have one of "result" and "error", an object');
  }
  return {
    id: idOf(value, kind),
    reply: new Reply(kind, onOneLine(bytes.subarray(member.start, member.end)), era, body),
  };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw WireError.notJson(cause);
  }
}

function idOf(value: JsonObject, kind: Reply["kind"]): RequestId | null {
  const { id = null } = value;
  if (typeof id === "string" || typeof id === "number") return id;
  if (id === null && kind === "error") return null;
  throw WireError.invalid('"id" must be a string or a number');
}

/** A line break in JSON is white space; as a blank it can break neither a line nor an event that the bytes are put in. */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes;
  const line = Buffer.from(bytes);
  for (let i = 0; i < line.length; i++) if (isSpace(line[i])) line[i] = 0x20;
  return line;
}
