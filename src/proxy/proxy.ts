import { authorize } from "../auth/auth.ts";
import type { Cache } from "../cache/cache.ts";
import type { JsonObject } from "../domain/json.ts";
import { type Attempt, SingleFlight } from "../resilience/resilience.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { Reply } from "../wire/reply.ts";
import { paramHeadersFor } from "../wire/tool-headers.ts";
import { cacheKey } from "./cache-key.ts";
import { outcomeOf, outcomeOfFailure } from "./call-outcome.ts";
import type { CallAnswer, CallContext, ToolCall } from "./call.ts";
import { CallRoutes, type RouteDeps, type ServerRoute, type ToolRoute } from "./routes.ts";

export type { CallAnswer, CallContext, ToolCall } from "./call.ts";
export type { CallOutcome } from "./call-outcome.ts";

export interface ProxyDeps extends RouteDeps {
  readonly call: (server: string, call: UpstreamCall) => Promise<Reply>;
  readonly cache: Cache;
  readonly onCache: (result: "hit" | "miss") => void;
}

/** A result larger than this is not kept (calls.md, caches). */
const MAX_CACHED_BYTES = 1024 * 1024;

/** Carries one request of a caller to the upstream that owns its subject: authorise, cache, guard, send, count. */
export class ToolProxy {
  readonly #deps: ProxyDeps;
  readonly #routes: CallRoutes;
  readonly #flights = new SingleFlight();

  constructor(deps: ProxyDeps) {
    this.#deps = deps;
    this.#routes = new CallRoutes(deps);
  }

  /** Throws Forbidden, an UpstreamError with what is known of the execution, or GatewayError("cancelled"). */
  async callTool(call: ToolCall): Promise<CallAnswer> {
    const route = this.#routes.ofTool(call.tool);
    const started = performance.now();
    try {
      authorize(call.identity, "tool:call");
      const cacheable = route.cache !== undefined && !answersQuestion(call.extra);
      const answer = cacheable
        ? await this.#cached(route, call, started)
        : await this.#send(route, call, started);
      route.meter.observe(outcomeOf(answer.reply), answer.durationMs / 1_000);
      return answer;
    } catch (error) {
      route.meter.observe(outcomeOfFailure(error), (performance.now() - started) / 1_000);
      throw error;
    }
  }

  /** `resources/read`, `prompts/get`, `completion/complete`: the same guard, never cached, never repeated after UNKNOWN. */
  async forward(server: string, method: string, params: JsonObject, context: CallContext): Promise<Reply> {
    const route = this.#routes.ofServer(server);
    const { value } = await this.#attempts(route, false, context, method, params, undefined);
    return value;
  }

  /** State of a server's breaker, for health and metrics. */
  breakerState(server: string): "closed" | "open" | "half_open" {
    return this.#routes.ofServer(server).guard.state;
  }

  forgetServer(server: string): void {
    this.#routes.forget(server);
    this.#deps.cache.purge({ tag: server });
  }

  close(): void {
    this.#routes.close();
  }

  async #send(route: ToolRoute, call: ToolCall, started: number): Promise<CallAnswer> {
    const { tool, args, meta, extra } = call;
    const plain: JsonObject = { name: tool.name, arguments: args };
    // Most calls carry nothing else, and a spread is dear on the hot path.
    const params =
      extra === undefined && meta === undefined
        ? plain
        : { ...extra, ...plain, ...(meta === undefined ? {} : { _meta: meta }) };
    const retryUnknown = route.retryUnknown && !answersQuestion(extra);
    const headers = paramHeadersFor(tool, args);
    const { value, attempts } = await this.#attempts(
      route,
      retryUnknown,
      call,
      "tools/call",
      params,
      headers,
    );
    return { reply: value, attempts, cache: "off", durationMs: performance.now() - started };
  }

  /** One caller's equal calls in flight share one execution; errors and `isError` answers are never kept. */
  async #cached(route: ToolRoute, call: ToolCall, started: number): Promise<CallAnswer> {
    const { ttlMs = 0, scope = "caller" } = route.cache ?? {};
    const { identity, tool, args } = call;
    const key = `${call.era}:${cacheKey({ identity, scope, serverVersion: route.version, tool, args })}`;
    const hit = this.#deps.cache.get(key);
    if (hit !== undefined) {
      this.#deps.onCache("hit");
      return { reply: unpack(hit.value), attempts: 0, cache: "hit", durationMs: performance.now() - started };
    }
    this.#deps.onCache("miss");
    const answer = await this.#flights.run(key, call.signal, (signal) =>
      this.#send(route, { ...call, signal }, started),
    );
    if (isKeepable(answer.reply))
      this.#deps.cache.set(key, pack(answer.reply), { ttlMs, tags: [tool.server] });
    return { ...answer, cache: "miss", durationMs: performance.now() - started };
  }

  #attempts(
    route: ServerRoute,
    retryUnknown: boolean,
    context: CallContext,
    method: string,
    params: JsonObject,
    headers: Readonly<Record<string, string>> | undefined,
  ): Promise<{ value: Reply; attempts: number }> {
    const { signal, timeoutMs = route.timeoutMs, onProgress } = context;
    const { maxMs, attempts } = route;
    const guarded = { signal, timeoutMs: Math.min(timeoutMs, maxMs), maxMs, attempts, retryUnknown };
    const { era, scope, envelope, onNotification } = context;
    return route.guard.run(guarded, (attempt) =>
      this.#deps.call(route.server, {
        method,
        params,
        era,
        scope,
        signal: attempt.signal,
        headers,
        envelope,
        onProgress: onProgress && extending(attempt, onProgress),
        onNotification,
        onSent: () => attempt.sent(),
      }),
    );
  }
}

function extending(attempt: Attempt, onProgress: (params: JsonObject) => void): (params: JsonObject) => void {
  return (params) => {
    attempt.progress();
    onProgress(params);
  };
}

/** A leg that carries the user's answers belongs to one conversation: never cached, never sent twice. */
function answersQuestion(extra: JsonObject | undefined): boolean {
  return (
    extra !== undefined && (extra["inputResponses"] !== undefined || extra["requestState"] !== undefined)
  );
}

function isKeepable(reply: Reply): boolean {
  if (reply.kind === "error" || reply.bytes.length > MAX_CACHED_BYTES) return false;
  const { isError, resultType = "complete" } = reply.value;
  return isError !== true && resultType === "complete";
}

/** The era of the leg travels with the bytes, as their first one: a 2025 result is completed for a 2026 caller. */
function pack(reply: Reply): Buffer {
  return Buffer.concat([Buffer.from(reply.era === "2026" ? "6" : "5"), reply.bytes]);
}

function unpack(value: Buffer): Reply {
  return new Reply("result", value.subarray(1), value[0] === 0x36 ? "2026" : "2025");
}
