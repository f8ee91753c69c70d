import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import { type Json, type JsonObject, canonicalJson, isJsonObject } from "../../domain/json.ts";
import { keyOf } from "../endpoint.ts";
import type { FrontRequest } from "../front-request.ts";
import { principalOf } from "../session.ts";
import { invalidState } from "./question-errors.ts";

const PREFIX = "swg1.";
/** Longer ones are none of ours. */
const MAX_LENGTH = 2_048;

/** Whose call it is, and which: a state is worth nothing to anybody else, or for anything else. */
export interface Binding {
  readonly principal: string;
  readonly endpoint: string;
  readonly method: string;
  /** Of all params but `_meta` and what a retry adds. */
  readonly digest: string;
}

export interface RequestState extends Binding {
  /** The parked call. */
  readonly id: string;
  /** The start of the gateway that holds it. */
  readonly node: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * The `requestState` of parked calls: `swg1.<payload>.<mac>`. It comes back from the client, so it counts only with a
 * mac of ours (MCP 2026-07-28, multi round-trip requests, security).
 */
export class RequestStates {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  sign(state: RequestState): string {
    const payload = Buffer.from(JSON.stringify(state)).toString("base64url");
    return `${PREFIX}${payload}.${this.#mac(payload).toString("base64url")}`;
  }

  /** Throws GatewayError("invalid_request_state") for one that this gateway did not sign. */
  read(text: string): RequestState {
    const [payload = "", mac = "", ...more] = text.slice(PREFIX.length).split(".");
    const given = Buffer.from(mac, "base64url");
    const expected = this.#mac(payload);
    const isOurs = isOwnState(text) && text.length <= MAX_LENGTH && more.length === 0;
    if (!isOurs || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw invalidState("it was not given out by this gateway, or was changed");
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as RequestState;
  }

  #mac(payload: string): Buffer {
    return createHmac("sha256", this.#key).update(PREFIX).update(payload).digest();
  }
}

/** Whether the state claims to be one of ours; those of upstreams pass verbatim. */
export function isOwnState(state: Json | undefined): state is string {
  return typeof state === "string" && state.startsWith(PREFIX);
}

export function bindingOf({ identity, endpoint, method, params }: FrontRequest): Binding {
  const { _meta, inputResponses, requestState, ...asked } = params;
  const digest = createHash("sha256").update(canonicalJson(asked)).digest("base64url");
  return { principal: principalOf(identity), endpoint: keyOf(endpoint), method, digest };
}

/** Throws GatewayError("invalid_request_state") when the state belongs to another caller or another call. */
export function checkBinding(state: RequestState, binding: Binding): void {
  if (state.principal !== binding.principal || state.endpoint !== binding.endpoint)
    throw invalidState("it belongs to another caller or another endpoint");
  if (state.method !== binding.method || state.digest !== binding.digest)
    throw invalidState("it belongs to another call");
}

/** Throws GatewayError("invalid_request_state") for answers that are no object. */
export function responsesIn({ inputResponses = {} }: JsonObject): JsonObject {
  if (isJsonObject(inputResponses)) return inputResponses;
  throw invalidState("params.inputResponses is no object");
}
