import { authorize } from "../auth/auth.ts";
import type { Cache } from "../cache/cache.ts";
import type { Identity } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";
import type { CallRecord } from "../observability/call-record.ts";
import type { Attempt, BreakerReport, Guarded } from "../resilience/resilience.ts";
import type { Answerer, UpstreamCall } from "../upstream/upstream.ts";
import type { Reply } from "../wire/reply.ts";
import { paramHeadersFor } from "../wire/tool-headers.ts";
import { AnswerCache } from "./answer-cache.ts";
import { cacheKey } from "./cache-key.ts";
import { type CallOutcome, outcomeOf, outcomeOfFailure } from "./call-outcome.ts";
import type { CallAnswer, CallContext, ToolCall } from "./call.ts";
import { type IdempotencyDeps, IdempotentCalls } from "./idempotency.ts";
import { InputRounds } from "./input-rounds.ts";
import { ResourceCache } from "./resource-cache.ts";
import { CallRoutes, type RouteDeps, type ServerRoute, type ToolRoute } from "./routes.ts";

export type { CallAnswer, CallContext, ToolCall } from "./call.ts";
export { isInteractive, missingCapability } from "./client-capabilities.ts";
export { type CallOutcome, outcomeOf, outcomeOfFailure } from "./call-outcome.ts";
export type { KeyedResult } from "./idempotency.ts";

export interface ProxyDeps extends RouteDeps {
  readonly call: (server: string, call: UpstreamCall) => Promise<Reply>;
  readonly cache: Cache;
  readonly onCache: (result: "hit" | "miss" | "stale") => void;
  /** Throws or rejects with GatewayError("rate_limited"). Nothing to wait for where the counters are in memory. */
  readonly admitCall?: ((identity: Identity, tool: Tool) => void | Promise<void>) | undefined;
  /** Absent: keys of callers mean nothing. */
  readonly idempotency?: IdempotencyDeps | undefined;
}

/** Carries one request of a caller to the upstream that owns its subject: authorise, cache, guard, send, count. */
export class ToolProxy {
  readonly #deps: ProxyDeps;
  readonly #routes: CallRoutes;
  readonly #answers: AnswerCache;
  readonly #resources: ResourceCache;
  readonly #keyed: IdempotentCalls | undefined;

  constructor(deps: ProxyDeps) {
    this.#deps = deps;
    this.#routes = new CallRoutes(deps);
    this.#answers = new AnswerCache(deps.cache, deps.onCache);
    this.#resources = new ResourceCache(deps.cache);
    this.#keyed = deps.idempotency && new IdempotentCalls(deps.idempotency);
  }

  /** Throws Forbidden, an UpstreamError with what is known of the execution, or GatewayError("cancelled"). */
  async callTool(call: ToolCall): Promise<CallAnswer> {
    const route = this.#routes.ofTool(call.tool);
    const started = performance.now();
    const { record } = call;
    if (record !== undefined) {
      record.server = call.tool.server;
      record.tool = call.tool.name;
    }
    try {
      authorize(call.identity, "tool:call");
      const admitted = this.#deps.admitCall?.(call.identity, call.tool);
      if (admitted !== undefined) await admitted;
      if (record !== undefined) record.admitted = record.elapsed();
      const answer = await (call.idempotencyKey === undefined || this.#keyed === undefined
        ? this.#carry(route, call, started)
        : this.#keyed.run(call, call.idempotencyKey, (alone) => this.#carry(route, alone, started)));
      const outcome = outcomeOf(answer.reply);
      route.meter.observe(outcome, answer.durationMs / 1_000);
      if (record !== undefined) noteAnswer(record, answer, outcome);
      return answer;
    } catch (error) {
      const outcome = outcomeOfFailure(error);
      route.meter.observe(outcome, (performance.now() - started) / 1_000);
      record?.refused(outcome, error);
      throw error;
    }
  }

  /**
   * `resources/read`, `prompts/get`, `completion/complete`: the same guard, never repeated after UNKNOWN. Kept is only
   * a resource of which the upstream says for how long and for whom.
   */
  async forward(server: string, method: string, params: JsonObject, context: CallContext): Promise<Reply> {
    const route = this.#routes.ofServer(server);
    if (method !== "resources/read") return this.#forwarded(route, method, params, context);
    const read = { server, version: route.version, params, context };
    const kept = await this.#resources.find(read);
    if (kept !== undefined) return kept;
    const { generation } = this.#resources;
    const reply = await this.#forwarded(route, method, params, context);
    this.#resources.keep(read, reply, generation);
    return reply;
  }

  /** The upstream says that a resource, or all of them, may not be what they were. */
  resourcesChanged(server: string, uri?: string): void {
    this.#resources.changed(server, uri);
  }

  /** State of a server's breaker, for health and metrics. */
  breakerState(server: string): "closed" | "open" | "half_open" {
    return this.#routes.knownGuard(server)?.state ?? "closed";
  }

  breakerReport(server: string): BreakerReport {
    return this.#routes.ofServer(server).guard.report;
  }

  /** Stops all calls to a server until they are let through again, or a new definition begins afresh. */
  forceBreaker(server: string, open: boolean): void {
    this.#routes.ofServer(server).guard.force(open);
  }

  forgetServer(server: string): void {
    this.#routes.forget(server);
    void this.#deps.cache.purge({ tag: server });
  }

  close(): void {
    this.#routes.close();
    this.#keyed?.close();
  }

  #carry(route: ToolRoute, call: ToolCall, started: number): Promise<CallAnswer> {
    return route.cache !== undefined && !isOneOfAKind(call.extra)
      ? this.#cached(route, call, started)
      : this.#send(route, call, started);
  }

  async #send(route: ToolRoute, call: ToolCall, started: number): Promise<CallAnswer & { asked: boolean }> {
    const { tool, args, meta, extra } = call;
    const plain: JsonObject = { name: tool.name, arguments: args };
    // Most calls carry nothing else, and a spread is dear on the hot path.
    const params =
      extra === undefined && meta === undefined
        ? plain
        : { ...extra, ...plain, ...(meta === undefined ? {} : { _meta: meta }) };
    const retryUnknown = route.retryUnknown && !isOneOfAKind(extra);
    const headers = paramHeadersFor(tool, args);
    const { value, attempts, asked, retried } = await this.#attempts(
      route,
      retryUnknown,
      call,
      "tools/call",
      params,
      headers,
    );
    return { reply: value, attempts, cache: "off", durationMs: performance.now() - started, asked, retried };
  }

  /** One caller's equal calls in flight share one execution; errors and `isError` answers are never kept. */
  async #cached(route: ToolRoute, call: ToolCall, started: number): Promise<CallAnswer> {
    const { ttlMs = 0, staleMs = 0, scope = "caller" } = route.cache ?? {};
    const { identity, tool, args } = call;
    // A caller that can be asked may get another answer than one that cannot.
    const kind = call.onRequest === undefined ? call.era : `${call.era}+`;
    const key = `${kind}:${cacheKey({ identity, scope, serverVersion: route.version, tool, args })}`;
    const { signal, timeoutMs = route.timeoutMs } = call;
    const answer = await this.#answers.answer(
      {
        key,
        ttlMs,
        staleMs,
        tags: [tool.server, tool.id],
        signal,
        timeoutMs: Math.min(timeoutMs, route.maxMs),
        // What one user answers must not become part of another call.
        isAlone: call.onRequest !== undefined,
      },
      (shared, left = timeoutMs) => {
        if (call.record !== undefined) call.record.missed = call.record.elapsed();
        return this.#send(route, { ...call, signal: shared, timeoutMs: left }, started);
      },
    );
    const durationMs = performance.now() - started;
    if ("kind" in answer) return { reply: answer.reply, attempts: 0, cache: answer.kind, durationMs };
    return { ...answer, cache: "miss", durationMs };
  }

  async #forwarded(
    route: ServerRoute,
    method: string,
    params: JsonObject,
    context: CallContext,
  ): Promise<Reply> {
    const { value } = await this.#attempts(route, false, context, method, params, undefined);
    return value;
  }

  #attempts(
    route: ServerRoute,
    retryUnknown: boolean,
    context: CallContext,
    method: string,
    params: JsonObject,
    headers: Readonly<Record<string, string>> | undefined,
  ): Promise<Guarded<Reply>> {
    const { signal, timeoutMs = route.timeoutMs, era, record } = context;
    const { server, guard, maxMs, attempts } = route;
    const guarded = { signal, timeoutMs: Math.min(timeoutMs, maxMs), maxMs, attempts, retryUnknown, record };
    if (era === "2026")
      return guard.run(guarded, (attempt) => this.#leg(server, attempt, context, method, params, headers));
    const rounds = new InputRounds(server, params, context);
    return guard.run(guarded, (attempt) =>
      rounds.run(attempt, (next) => this.#leg(server, attempt, context, method, next, headers)),
    );
  }

  #leg(
    server: string,
    attempt: Attempt,
    context: CallContext,
    method: string,
    params: JsonObject,
    headers: Readonly<Record<string, string>> | undefined,
  ): Promise<Reply> {
    const { era, scope, envelope, onProgress, onNotification, onRequest, onInterrupted } = context;
    return this.#deps.call(server, {
      method,
      params,
      era,
      scope,
      signal: attempt.signal,
      headers,
      envelope,
      onProgress: onProgress && extending(attempt, onProgress),
      onNotification,
      onRequest: onRequest && asking(attempt, onRequest),
      onInterrupted,
      onSent: () => attempt.sent(),
    });
  }
}

function noteAnswer(record: CallRecord, { cache, reply }: CallAnswer, outcome: CallOutcome): void {
  record.cache = cache;
  record.answerBytes = reply.bytes.length;
  record.succeeded(outcome);
}

function extending(attempt: Attempt, onProgress: (params: JsonObject) => void): (params: JsonObject) => void {
  return (params) => {
    attempt.progress();
    onProgress(params);
  };
}

/** The deadline waits for the user. */
function asking(attempt: Attempt, onRequest: Answerer): Answerer {
  return (question) => attempt.waiting(() => onRequest(question));
}

/**
 * A leg that carries the user's answers belongs to one conversation, and one that begins a task (MCP 2025-11-25) makes
 * something of its caller's own: never cached, never sent twice.
 */
function isOneOfAKind(extra: JsonObject | undefined): boolean {
  if (extra === undefined) return false;
  return (
    extra["inputResponses"] !== undefined ||
    extra["requestState"] !== undefined ||
    extra["task"] !== undefined
  );
}
