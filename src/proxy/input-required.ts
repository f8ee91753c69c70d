import { randomUUID } from "node:crypto";

import { GatewayError } from "../domain/errors.ts";
import { type JsonObject, isJsonObject } from "../domain/json.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";

/** One of the questions in an `input_required` result. */
export interface InputRequest {
  readonly key: string;
  readonly method: string;
  readonly params: JsonObject;
}

/** What an upstream of the 2026 era wants to know before it goes on (MCP 2026-07-28, multi round-trip requests). */
export interface InputRequired {
  readonly requests: readonly InputRequest[];
  /** To be sent back verbatim. */
  readonly state: string | undefined;
}

const METHODS: ReadonlySet<string> = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);

/** The questions in an upstream's answer; nothing if it is no `input_required`. Throws UpstreamError for a malformed one. */
export function inputRequiredIn(reply: Reply, server: string): InputRequired | undefined {
  if (reply.era === "2025" || reply.kind === "error") return undefined;
  if (!reply.bytes.includes('"input_required"') || reply.value["resultType"] !== "input_required")
    return undefined;
  const { inputRequests = {}, requestState } = reply.value;
  if (!isJsonObject(inputRequests)) throw malformed(server, "its inputRequests are no object");
  const requests = Object.entries(inputRequests).map(([key, entry]) => inputRequest(server, key, entry));
  const state = typeof requestState === "string" ? requestState : undefined;
  if (requests.length === 0 && state === undefined)
    throw malformed(server, "it has neither inputRequests nor a requestState");
  return { requests, state };
}

function inputRequest(server: string, key: string, entry: JsonObject[string]): InputRequest {
  const { method, params = {} } = isJsonObject(entry) ? entry : {};
  if (typeof method !== "string" || !METHODS.has(method))
    throw malformed(server, `its input request "${key}" is none that the protocol knows`);
  if (!isJsonObject(params))
    throw malformed(server, `the params of its input request "${key}" are no object`);
  return { key, method, params: method === "elicitation/create" ? withId(params) : params };
}

/** The 2025 era demands an id of a URL elicitation, and 2026-07-28 has none. */
function withId(params: JsonObject): JsonObject {
  return params["mode"] === "url" ? { elicitationId: randomUUID(), ...params } : params;
}

export function malformed(server: string, reason: string): UpstreamError {
  const message = `Upstream "${server}" answered with an input_required result that cannot be used: ${reason}.`;
  return new UpstreamError("upstream_protocol_error", server, "unknown", message);
}

/** The caller cannot answer the question. */
export function unanswerable(server: string, method: string, capability: string): GatewayError {
  const message = `Upstream "${server}" asks its caller a question (${method}), and this caller did not declare the capability "${capability}".`;
  const fix = [{ label: `Call it from an MCP client that declares "${capability}"` }];
  const details = { server, method, capability };
  return new GatewayError("interaction_unsupported", message, { details, fix, executed: "unknown" });
}
