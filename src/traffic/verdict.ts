import { GatewayError } from "../domain/errors.ts";
import type { Executed } from "../domain/outcome.ts";
import type { Window } from "./windows.ts";

export type LimitName = "key" | "user" | "server" | "tool";

/** At most `most` in `windowMs`. */
export interface Limit {
  readonly name: LimitName;
  readonly most: number;
  readonly windowMs: number;
}

/** How one limit stands after one more was counted. */
export interface Verdict {
  readonly limit: Limit;
  readonly remaining: number;
  readonly resetMs: number;
  readonly isOver: boolean;
}

export function verdictOf(limit: Limit, { count, endsInMs }: Window): Verdict {
  return {
    limit,
    remaining: Math.max(0, limit.most - count),
    resetMs: endsInMs,
    isOver: count > limit.most,
  };
}

const OF: Readonly<Record<LimitName, string>> = {
  key: "requests with this API key",
  user: "tool calls of this caller",
  server: "calls to this server",
  tool: "calls to this tool",
};

export function rateLimited({ limit, resetMs }: Verdict, executed?: Executed): GatewayError {
  const { name, most, windowMs } = limit;
  const retryAfterMs = Math.max(1, Math.ceil(resetMs));
  const message = `Too many ${OF[name]}: at most ${most} in ${windowMs / 1_000} s. Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`;
  return new GatewayError("rate_limited", message, {
    retryable: true,
    retryAfterMs,
    details: { limit: name, most, window_s: Math.ceil(windowMs / 1_000) },
    ...(executed === undefined ? {} : { executed }),
  });
}
