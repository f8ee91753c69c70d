import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";

/**
 * An upstream's answer: the JSON text of its `result` or `error` member, as bytes. Most answers are never parsed by
 * the gateway (a parse of 1 MB costs 9 ms); `value` parses on first use.
 */
export class Reply {
  readonly kind: "result" | "error";
  readonly bytes: Buffer;
  /** The era of the leg that it came on: a 2025 result has no `resultType`. */
  readonly era: Era;
  #value: JsonObject | undefined;

  constructor(kind: "result" | "error", bytes: Buffer, era: Era, value?: JsonObject) {
    this.kind = kind;
    this.bytes = bytes;
    this.era = era;
    this.#value = value;
  }

  static of(kind: "result" | "error", value: JsonObject, era: Era): Reply {
    return new Reply(kind, Buffer.from(JSON.stringify(value)), era, value);
  }

  /** Throws a SyntaxError when the upstream sent text that is not JSON. */
  get value(): JsonObject {
    if (this.#value === undefined) {
      const parsed = JSON.parse(this.bytes.toString("utf8")) as Json;
      this.#value = isJsonObject(parsed) ? parsed : {};
    }
    return this.#value;
  }

  /** True for a `tools/call` result with `isError: true`: an answer, not a failure. */
  get isToolError(): boolean {
    if (this.kind !== "result" || !this.bytes.includes('"isError"')) return false;
    return this.value["isError"] === true;
  }
}
