import { join, resolve } from "node:path";

import { z } from "zod";

import { toMs } from "../domain/duration.ts";
import type { Limits } from "../domain/limits.ts";
import { toBytes } from "./byte-size.ts";
import { resolveCallLog, resolveIdempotency } from "./call-settings.ts";
import { ConfigError } from "./config-error.ts";
import type { ConfigText } from "./config-text.ts";
import { Database, type GatewaySettings, HostName, LogLevelName, Origin } from "./file-schema.ts";
import { type Listen, isUnspecified, parseListen } from "./listen.ts";
import { resolveSearch } from "./search-settings.ts";
import type { GatewayConfig, Surroundings } from "./settings.ts";
import { RedisUrl, resolveOverload, resolveRateLimits, resolveRedis } from "./traffic-settings.ts";

/** A setting and where it was set, so that a mistake in it is told at its place. */
interface Setting {
  readonly text: string;
  /** An option, a variable, or a key of the file. */
  readonly from: string;
}

/** The `gateway` section of the file with environment and options on top. Relative paths of the file start at `base`. */
export function resolveGateway(
  file: GatewaySettings,
  source: ConfigText,
  around: Surroundings & { readonly base: string },
): GatewayConfig {
  const { env, overrides = {} } = around;
  const dataDir = resolveDataDir(file, around);
  const allowedHosts = listed("SWITCHGEAR_ALLOWED_HOSTS", env, HostName) ?? file.allowedHosts;
  const listen = topmost([
    ["--listen", overrides.listen],
    ["SWITCHGEAR_LISTEN", env["SWITCHGEAR_LISTEN"]],
    ["gateway.listen", file.listen],
  ]);
  const level = topmost([
    ["--log-level", overrides.logLevel],
    ["SWITCHGEAR_LOG_LEVEL", env["SWITCHGEAR_LOG_LEVEL"]],
    ["gateway.log.level", file.log.level],
  ]);
  const database = topmost([
    ["SWITCHGEAR_DATABASE_URL", env["SWITCHGEAR_DATABASE_URL"]],
    ["gateway.database", file.database],
    ["gateway.dataDir", `file:${join(dataDir, "switchgear.db")}`],
  ]);
  const redis = topmost([
    ["SWITCHGEAR_REDIS_URL", env["SWITCHGEAR_REDIS_URL"]],
    ["gateway.redis.url", file.redis.url],
  ]);
  const resolvedListen = resolveListen(listen, allowedHosts, source);
  return {
    listen: resolvedListen,
    dataDir,
    database: absoluteDatabase(checked(database, Database, source), database, around),
    allowedHosts,
    allowedOrigins: listed("SWITCHGEAR_ALLOWED_ORIGINS", env, Origin) ?? file.allowedOrigins,
    egress: file.egress,
    demo: file.demo,
    startup: { graceMs: toMs(file.startup.grace) },
    log: { level: checked(level, LogLevelName, source) },
    metrics: file.metrics,
    limits: resolveLimits(file),
    calls: {
      concurrency: file.calls.concurrency,
      stdioConcurrency: file.calls.stdioConcurrency,
      attempts: file.calls.attempts,
    },
    cache: { maxEntries: file.cache.maxEntries, maxBytes: toBytes(file.cache.maxBytes) },
    mode: file.mode,
    pinned: file.pinned,
    metaTools: file.metaTools,
    redis: resolveRedis(file.redis, checked(redis, RedisUrl, source)),
    rateLimits: resolveRateLimits(file.rateLimits, resolvedListen),
    idempotency: resolveIdempotency(file.idempotency),
    callLog: resolveCallLog(file.callLog),
    overload: resolveOverload(file.overload),
    search: resolveSearch(file.search, { base: around.base, home: around.home, dataDir }),
  };
}

function topmost(settings: readonly (readonly [from: string, text: string | undefined])[]): Setting {
  const [from, text] = settings.find(([, value]) => value !== undefined && value !== "") ?? ["", ""];
  return { from, text: text ?? "" };
}

function checked<T>(setting: Setting, schema: z.ZodType<T>, source: ConfigText): T {
  const parsed = schema.safeParse(setting.text);
  if (parsed.success) return parsed.data;
  const options = schema instanceof z.ZodEnum ? `expected one of ${schema.options.join(", ")}` : undefined;
  return refuse(setting, source, options ?? parsed.error.issues[0]?.message ?? "expected another value");
}

function refuse(setting: Setting, source: ConfigText, message: string): never {
  const inFile = setting.from.startsWith("gateway.");
  const place = inFile ? source.position(setting.from.split(".")) : {};
  throw new ConfigError(inFile ? source.file : undefined, [
    { path: setting.from, message, expected: message, ...place },
  ]);
}

/** A name that the gateway cannot know would otherwise let every web page in by DNS rebinding. */
function resolveListen(setting: Setting, allowedHosts: readonly string[], source: ConfigText): Listen {
  const listen = parseListen(setting.text);
  if (listen === undefined) return refuse(setting, source, "expected <host>:<port>, like 127.0.0.1:4470");
  if (!isUnspecified(listen.host) || allowedHosts.length > 0) return listen;
  return refuse(
    setting,
    source,
    `listening on all addresses (${listen.host}) needs the names that clients use: ` +
      'set gateway.allowedHosts (or SWITCHGEAR_ALLOWED_HOSTS), like ["gateway.example.com"]',
  );
}

function listed(
  variable: string,
  env: Surroundings["env"],
  schema: z.ZodType<string>,
): readonly string[] | undefined {
  const text = env[variable];
  if (text === undefined || text.trim() === "") return undefined;
  return text.split(",").map((item) => {
    const parsed = schema.safeParse(item.trim());
    if (parsed.success) return parsed.data;
    const message = `${parsed.error.issues[0]?.message ?? "expected names"}; several are separated by commas`;
    throw new ConfigError(undefined, [{ path: variable, message, expected: message }]);
  });
}

function resolveDataDir(file: GatewaySettings, { env, overrides, cwd, home, base }: PathStart): string {
  const outside = overrides?.dataDir ?? env["SWITCHGEAR_DATA"];
  const [start, path] = outside ? [cwd, outside] : [base, file.dataDir];
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : resolve(start, path);
}
type PathStart = Surroundings & { readonly base: string };

function absoluteDatabase(url: string, setting: Setting, { cwd, home, base }: PathStart): string {
  if (!url.startsWith("file:")) return url;
  const path = url.slice("file:".length).replace(/^\/\/(?=\/)/, "");
  if (path.startsWith("~/")) return `file:${join(home, path.slice(1))}`;
  return `file:${resolve(setting.from.startsWith("gateway.") ? base : cwd, path)}`;
}

function resolveLimits({ limits, calls }: GatewaySettings): Limits {
  return {
    ...limits,
    requestBytes: toBytes(limits.requestBytes),
    replyBytes: toBytes(limits.replyBytes),
    sseEventBytes: toBytes(limits.sseEventBytes),
    schemaBytes: toBytes(limits.schemaBytes),
    descriptionBytes: toBytes(limits.descriptionBytes),
    headerBytes: toBytes(limits.headerBytes),
    headersMs: toMs(limits.headersMs),
    bodyMs: toMs(limits.bodyMs),
    keepAliveMs: toMs(limits.keepAliveMs),
    drainMs: toMs(limits.drainMs),
    connectMs: toMs(limits.connectMs),
    sessionIdleMs: toMs(limits.sessionIdleMs),
    questionMs: toMs(limits.questionMs),
    resumeMs: toMs(limits.resumeMs),
    sessionEventBytes: toBytes(limits.sessionEventBytes),
    callMs: toMs(calls.timeout),
    callMaxMs: toMs(calls.maxTimeout),
  };
}
