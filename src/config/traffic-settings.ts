import { z } from "zod";

import { toMs } from "../domain/duration.ts";
import { ROLES } from "../domain/identity.ts";
import { Duration, ServerName } from "../domain/server.ts";
import type { Listen } from "./listen.ts";
import type { OverloadConfig, RateLimitConfig, RedisConfig } from "./settings.ts";

const most = (fallback: number, why: string) => z.number().int().min(0).default(fallback).describe(why);

export const RedisUrl = z
  .string()
  .regex(/^(?:rediss?:\/\/\S+)?$/, "expected redis://… or rediss://…")
  .describe("A Redis that replicas share, for answers, rate limits and news; none: each is on its own.");

export const RedisSettings = z.strictObject({
  url: RedisUrl.default(""),
  prefix: z
    .string()
    .regex(/^[\w.:-]+$/)
    .default("switchgear:")
    .describe("Before every key, so that a Redis can be shared with others."),
  timeout: Duration.default("50ms").describe("How long a call waits for Redis before it goes on without."),
});

export const RateLimitSettings = z.strictObject({
  mode: z
    .enum(["auto", "on", "off"])
    .default("auto")
    .describe("auto: on, unless the gateway listens for its own machine only."),
  window: Duration.refine((text) => toMs(text) >= 1_000, "expected at least 1s")
    .default("1m")
    .describe("The time that the numbers are for."),
  perKey: most(600, "Requests with one API key; 0: no limit."),
  perUser: most(120, "Tool calls of one caller; 0: no limit."),
  servers: z
    .record(ServerName, z.number().int().min(0))
    .default({})
    .describe("Tool calls to one server, of all callers together, by its name."),
  tools: z
    .record(z.string().min(1), z.number().int().min(0))
    .default({})
    .describe("Calls to one tool, of all callers together, by a glob on its id; the first that fits."),
  exempt: z
    .strictObject({
      roles: z.array(z.enum(ROLES)).default([]).describe("Roles without a limit."),
      keys: z
        .array(z.string().min(1))
        .default([])
        .describe("Ids of API keys without a limit; local: the local key."),
    })
    .prefault({}),
});

export const OverloadSettings = z.strictObject({
  enabled: z.boolean().default(true).describe("Refuse new work (503) while the process cannot keep up."),
  lag: Duration.default("200ms").describe("How late the event loop may be."),
  heap: z.number().gt(0).max(1).default(0.85).describe("The share of its heap that the process may use."),
  retryAfter: Duration.default("2s").describe("When refused callers are told to come back."),
});

/** Nothing without a URL. */
export function resolveRedis(file: z.infer<typeof RedisSettings>, url: string): RedisConfig | undefined {
  return url === "" ? undefined : { url, prefix: file.prefix, timeoutMs: toMs(file.timeout) };
}

/** Somebody who is alone with the gateway would only limit himself. */
export function resolveRateLimits(file: z.infer<typeof RateLimitSettings>, listen: Listen): RateLimitConfig {
  const { mode, window, perKey, perUser, servers, tools, exempt } = file;
  const isOn = mode === "on" || (mode === "auto" && !isLoopback(listen.host));
  return { isOn, windowMs: toMs(window), perKey, perUser, servers, tools, exempt };
}

export function resolveOverload(file: z.infer<typeof OverloadSettings>): OverloadConfig {
  const { enabled, lag, heap, retryAfter } = file;
  return { isOn: enabled, lagMs: toMs(lag), heapShare: heap, retryAfterMs: toMs(retryAfter) };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}
