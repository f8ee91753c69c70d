import { z } from "zod";

import { GatewayError } from "../../domain/errors.ts";
import { idempotencyKey } from "../../domain/idempotency-key.ts";
import { type Json, type JsonObject, isJsonObject } from "../../domain/json.ts";
import type { Tool } from "../../domain/offering.ts";
import { RPC } from "../../domain/protocol.ts";
import type { CallRecord } from "../../observability/call-record.ts";
import type { Reply } from "../../wire/reply.ts";
import type { RestDeps } from "../deps.ts";
import { type Answer, type Route, type RouteRequest, param, route } from "../route.ts";
import { getTool } from "./tools.ts";

const Execution = z
  .strictObject({
    arguments: z.record(z.string(), z.unknown()).default({}),
    timeout_ms: z
      .number()
      .int()
      .min(1)
      .max(300_000)
      .optional()
      .meta({ description: "Never past the server's own maximum." }),
  })
  .meta({ id: "Execution" });

const ExecutionResult = z
  .looseObject({
    content: z.array(z.record(z.string(), z.unknown())).optional(),
    structuredContent: z.unknown().optional(),
    isError: z.boolean().optional().meta({ description: "The tool ran and says that it failed." }),
    meta: z.object({
      request_id: z.string(),
      server: z.string(),
      tool: z.string(),
      attempts: z.number().int(),
      retried: z
        .array(z.string())
        .optional()
        .meta({ description: "Why there was more than one attempt: error codes." }),
      repeated: z
        .enum(["stored", "joined"])
        .optional()
        .meta({ description: "The answer of an earlier call with the same Idempotency-Key." }),
      cache: z.enum(["hit", "miss", "stale", "off"]),
      duration_ms: z.number(),
      executed: z.literal("executed"),
    }),
  })
  .meta({ id: "ExecutionResult", description: "An MCP tool result, with `meta` of the gateway." });

export function executeRoutes(deps: RestDeps): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/tools/{tool}/execute",
      aliases: ["/api/v1/mcps/{tool}/execute"],
      action: "tool:call",
      tag: "tools",
      summary: "Call a tool",
      body: Execution.prefault({}),
      status: 200,
      answer: ExecutionResult,
      handle: (request) =>
        recorded(deps, request, async (record) => {
          const { identity, body, signal, requestId, headers } = request;
          const tool = getTool(deps, param(request, "tool"));
          const key = headers["idempotency-key"];
          const answer = await deps.proxy.callTool({
            identity,
            tool,
            args: body.arguments as JsonObject,
            meta: {},
            era: "2026",
            scope: `rest:${identity.subject}`,
            signal,
            record,
            ...(body.timeout_ms === undefined ? {} : { timeoutMs: body.timeout_ms }),
            ...(key === undefined ? {} : { idempotencyKey: idempotencyKey(key, "Idempotency-Key") }),
          });
          const { reply, attempts, cache, durationMs, retried, repeated } = answer;
          const { resultType, ...result } = resultOf(reply, tool);
          const meta = {
            request_id: requestId,
            server: tool.server,
            tool: tool.id,
            attempts,
            ...(retried === undefined ? {} : { retried }),
            ...(repeated === undefined ? {} : { repeated }),
            cache,
            duration_ms: Math.round(durationMs * 1_000) / 1_000,
            executed: "executed",
          };
          const replayed = repeated === undefined ? {} : { headers: { "idempotency-replayed": "true" } };
          return { body: { ...result, meta }, ...replayed };
        }),
    }),
  ];
}

/** Writes down what the call meets, if calls are logged. */
async function recorded(
  { calls }: RestDeps,
  request: RouteRequest<unknown, unknown>,
  handle: (record: CallRecord | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (calls === undefined) return handle(undefined);
  const { identity, requestId, arrivedAt, authenticatedAt, headers } = request;
  const { tenant, subject } = identity;
  const requestBytes = Number(headers["content-length"] ?? 0);
  const origin = {
    requestId,
    tenant,
    subject,
    via: "rest",
    era: "2026",
    endpoint: "",
    requestBytes,
  } as const;
  const record = calls.begin({ ...origin, arrivedAt, authenticatedAt });
  try {
    return await handle(record);
  } catch (error) {
    record.tool ||= param(request, "tool");
    if (record.outcome === undefined) record.refused("not_sent", error);
    else if (error instanceof GatewayError) record.code = error.code;
    throw error;
  } finally {
    calls.end(record);
  }
}

/** Throws GatewayError when the answer is not the result of a call that ran. */
function resultOf(reply: Reply, tool: Tool): JsonObject {
  const value = valueOf(reply, tool);
  if (reply.kind === "error") throw failureOf(value, tool);
  if (value["resultType"] === "input_required") {
    throw new GatewayError(
      "interaction_unsupported",
      `The tool "${tool.id}" asks its caller a question before it goes on; this API cannot answer one. Call it from an MCP client.`,
      { executed: "unknown", details: { server: tool.server, tool: tool.id } },
    );
  }
  return value;
}

function valueOf(reply: Reply, { server }: Tool): JsonObject {
  try {
    return reply.value;
  } catch (cause) {
    throw new GatewayError("upstream_protocol_error", `The answer of the upstream "${server}" is not JSON.`, {
      cause,
      executed: "executed",
      details: { server },
    });
  }
}

/** The upstream answered with a JSON-RPC error. What it says is shown, for the caller may be able to act on it. */
function failureOf(error: JsonObject, { server, id }: Tool): GatewayError {
  const { code, message, data } = error;
  const details = {
    server,
    tool: id,
    rpc_code: code ?? null,
    ...(isJsonObject(data) || Array.isArray(data) ? { data: data as Json } : {}),
  };
  const said = typeof message === "string" ? message : "no message";
  return code === RPC.invalidParams
    ? new GatewayError(
        "invalid_arguments",
        `The upstream "${server}" does not accept the arguments: ${said}`,
        { details, executed: "not_executed" },
      )
    : new GatewayError("upstream_error", `The upstream "${server}" answered with an error: ${said}`, {
        details,
        executed: "executed",
      });
}
