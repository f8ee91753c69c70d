import { z } from "zod";

import { Profile } from "../domain/profile.ts";
import { Duration, ServerEntry, ServerName } from "../domain/server.ts";
import { ByteSize } from "./byte-size.ts";
import { CallLogSettings, IdempotencySettings } from "./call-settings.ts";
import { ListSettings, MetaToolSettings } from "./meta-tool-settings.ts";
import { SearchSettings } from "./search-settings.ts";
import { OverloadSettings, RateLimitSettings, RedisSettings } from "./traffic-settings.ts";

const count = (fallback: number, why: string) => z.number().int().min(1).default(fallback).describe(why);
const bytes = (fallback: string, why: string) => ByteSize.default(fallback).describe(why);
const time = (fallback: string, why: string) => Duration.default(fallback).describe(why);

export const HostName = z
  .string()
  .regex(/^[A-Za-z0-9.[\]:-]+$/, "expected a host name, like gateway.example.com");
export const Origin = z
  .string()
  .regex(/^https?:\/\/[^\s/?#@]+$/, "expected an origin without a path, like https://app.example.com");
export const LogLevelName = z.enum(["debug", "info", "warn", "error", "silent"]);
export const Database = z
  .string()
  .regex(/^(?:file:.|postgres(?:ql)?:\/\/)/, "expected file:<path> or postgres://…")
  .describe("Where the gateway keeps its data. Default: file:<dataDir>/switchgear.db.");

const LimitSettings = z.strictObject({
  requestBytes: bytes("4MiB", "Largest request body of a caller."),
  replyBytes: bytes("10MiB", "Largest answer of an upstream."),
  sseEventBytes: bytes("1MiB", "Largest single event of an event stream."),
  notificationsPerCall: count(1_000, "Notifications that an upstream may send during one call."),
  jsonDepth: count(64, "Deepest nesting of a JSON message."),
  listPages: count(64, "Pages that are read of one upstream list."),
  toolsPerUpstream: count(1_000, "Tools that one upstream may offer; the rest is quarantined."),
  schemaBytes: bytes("64KiB", "Largest input schema of a tool."),
  schemaDepth: count(32, "Deepest nesting of a tool's input schema."),
  descriptionBytes: bytes("16KiB", "Longest description of a tool."),
  headerBytes: bytes("16KiB", "Largest header block of a request."),
  headersMs: time("10s", "Time for a caller to send its headers."),
  bodyMs: time("30s", "Time for a caller to send its body."),
  keepAliveMs: time("15s", "Pause between comments that keep a quiet event stream open."),
  drainMs: time("30s", "Time that calls in flight get when the gateway stops."),
  connectMs: time("30s", "Time for an upstream to start and shake hands."),
  sessionIdleMs: time("30m", "A client session is ended after this long without a request."),
  sessions: count(10_000, "Client sessions that may be open at once."),
  children: count(256, "Child processes that may run at once, of all stdio upstreams."),
  listPageSize: count(1_000, "Entries on one page of the gateway's own lists."),
  questionMs: time("5m", "Time for a user to answer what an upstream asks."),
  resumeMs: time("60s", "A call goes on this long for a client that lost its stream and may come back."),
  sessionEvents: count(256, "Events of one session that are kept for a client that comes back."),
  sessionEventBytes: bytes("1MiB", "Memory that they may take."),
});

const CallSettings = z.strictObject({
  timeout: time("60s", "Time for one call, over all its attempts."),
  maxTimeout: time("5m", "Progress extends a call's time, but never beyond this."),
  concurrency: count(32, "Calls in flight to one HTTP upstream."),
  stdioConcurrency: count(8, "Calls in flight to one stdio upstream."),
  attempts: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe("Attempts of a call that may safely be repeated."),
});

const GatewaySettings = z.strictObject({
  listen: z
    .string()
    .default("127.0.0.1:4470")
    .describe("Address and port. 0.0.0.0 needs allowedHosts as well, so that no foreign web page gets in."),
  dataDir: z
    .string()
    .min(1)
    .default("~/.switchgear")
    .describe("Folder of the database, its key and the local key."),
  database: Database.optional(),
  allowedHosts: z
    .array(HostName)
    .default([])
    .describe("Host names that requests may be addressed to, besides localhost and the listen address."),
  allowedOrigins: z
    .array(Origin)
    .default([])
    .describe("Origins (https://app.example.com) of web pages that may send requests."),
  egress: z
    .strictObject({
      allow: z
        .array(HostName)
        .default([])
        .describe("Private hosts (host or host:port) that servers added over REST may use."),
    })
    .prefault({}),
  demo: z.boolean().default(true).describe("Offer the bundled demo server."),
  startup: z
    .strictObject({
      grace: time("10s", "How long a first tools/list waits for upstreams that still connect."),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: LogLevelName.default("info").describe("Lines on stderr."),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      maxLabelValues: count(200, "Different tools in /metrics; the rest is counted as 'other'."),
    })
    .prefault({}),
  limits: LimitSettings.prefault({}).describe("Bounds on what callers and upstreams may send."),
  calls: CallSettings.prefault({}).describe("Defaults of a call; a server's own settings win."),
  cache: z
    .strictObject({
      maxEntries: count(1_000, "Answers kept in memory, of tools that a server's cache settings name."),
      maxBytes: bytes("64MiB", "Memory that they may take."),
    })
    .prefault({}),
  redis: RedisSettings.prefault({}).describe("What replicas have in common."),
  rateLimits: RateLimitSettings.prefault({}).describe("How much a caller may ask for."),
  idempotency: IdempotencySettings.prefault({}).describe(
    "Calls that callers name, so that none is made twice.",
  ),
  callLog: CallLogSettings.prefault({}).describe("What `switchgear why` tells."),
  overload: OverloadSettings.prefault({}).describe("When new work is refused."),
  search: SearchSettings.prefault({}).describe("How tools are found."),
  ...ListSettings,
  metaTools: MetaToolSettings.prefault({}).describe("The tools by which clients find and call all others."),
});
export type GatewaySettings = z.infer<typeof GatewaySettings>;

/** The config file: an `mcpServers` object as every MCP client knows it, with siblings. */
export const ConfigFile = z.strictObject({
  $schema: z.string().optional().describe("Lets editors complete and check this file."),
  mcpServers: z.record(ServerName, ServerEntry).default({}).describe("The upstreams, by name."),
  profiles: z
    .record(ServerName, Profile)
    .default({})
    .describe("Named selections of servers and tools, each served at /mcp/p/{profile}."),
  gateway: GatewaySettings.prefault({}).describe("The gateway itself."),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
