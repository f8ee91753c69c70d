import { z } from "zod";

/**
 * `<server>__<tool>` must stay readable, so server names are short. No `__` and no `_` at the end: then two servers
 * never share an id, whatever their tools are called.
 */
export const ServerName = z
  .string()
  .regex(
    /^[a-zA-Z0-9](?:[a-zA-Z0-9-]|_(?=[a-zA-Z0-9-])){0,31}$/,
    "1–32 letters, digits, '-' or single '_' inside, beginning with a letter or digit",
  );

export const Duration = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d+(?:ms|s|m|h)$/)])
  .meta({ description: "Milliseconds, or a number with a unit: 500ms, 30s, 5m, 1h." });

/**
 * `never`: one attempt. `safe`: again only if nothing was executed, or if doing it twice is harmless. `always`: also when
 * it is unknown whether it was executed.
 */
const Retry = z.enum(["never", "safe", "always"]);

/** The operator's word on the tools that a glob names. */
export const ToolSettings = z.strictObject({
  retry: Retry.optional(),
  timeout: Duration.optional(),
  /** Doing it twice does what doing it once does, whatever the upstream says. */
  idempotent: z.boolean().optional(),
});
export type ToolSettings = z.infer<typeof ToolSettings>;

interface Tools {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly [glob: string]: ToolSettings | readonly string[] | undefined;
}
const Tools: z.ZodType<Tools, object> = z
  .object({ allow: z.array(z.string()).optional(), deny: z.array(z.string()).optional() })
  .catchall(ToolSettings);

/** What Switchgear adds to an entry of the `mcpServers` object that every MCP client knows. */
export const ServerSettings = z.strictObject({
  enabled: z.boolean().default(true),
  tags: z.array(z.string().max(64)).max(32).default([]),
  /** An upstream whose readOnlyHint and idempotentHint the operator believes: only then are they used for retries. */
  trusted: z.boolean().default(false),
  timeout: Duration.optional(),
  maxTimeout: Duration.optional(),
  concurrency: z.number().int().min(1).max(1_024).optional(),
  attempts: z.number().int().min(1).max(5).optional(),
  retry: Retry.optional(),
  /** `auto` probes once; a fixed era skips the other one. `assume-2026`: not even the first message of that era is sent. */
  era: z.enum(["auto", "2025", "2026", "assume-2026"]).default("auto"),
  /**
   * Who shares a connection (an HTTP session, a child process) to the upstream: everybody, or each client session has its own.
   * `auto`: own ones where the upstream keeps sessions, and for clients that a child process may ask something.
   */
  sessions: z.enum(["auto", "shared", "per-client"]).default("auto"),
  /** A child process that nobody used for this long is ended, and started again by the next call. Default 30m; 0: never. */
  idle: Duration.optional(),
  cache: z
    .strictObject({
      ttl: Duration.default("5m"),
      /** Names or globs (`get_*`) of read-only tools whose answers may be kept. */
      tools: z.array(z.string()).default([]),
      /** How much longer a kept answer may stand in for one that the upstream fails to give; it says that it is old. */
      staleIfError: Duration.default(0),
      /** `caller`: one entry per caller. `shared`: all callers share, only for a service credential. */
      scope: z.enum(["caller", "shared"]).default("caller"),
    })
    .prefault({}),
  /** Beside `allow` and `deny`, globs with settings of the tools that they fit; the first that fits counts. */
  tools: Tools.prefault({}),
});
export type ServerSettings = z.infer<typeof ServerSettings>;

/** Parts of an address may be `${VAR}` references; such a one can be checked only when it is expanded. */
const Address = z.string().refine(isAddress, "expected an http or https URL").meta({ format: "uri" });

function isAddress(text: string): boolean {
  if (text.includes("${")) return !/\s/.test(text);
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const shared = {
  description: z.string().max(1_024).optional(),
  disabled: z.boolean().optional(),
  gateway: ServerSettings.prefault({}),
};

export const StdioServer = z.strictObject({
  type: z.literal("stdio").default("stdio"),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  cwd: z.string().optional(),
  ...shared,
});

export const HttpServer = z.strictObject({
  type: z.enum(["http", "streamable-http", "streamableHttp"]).default("http"),
  url: Address,
  headers: z.record(z.string(), z.string()).default({}),
  ...shared,
});

export const SseServer = z.strictObject({
  type: z.literal("sse"),
  url: Address,
  headers: z.record(z.string(), z.string()).default({}),
  ...shared,
});

/** One value of an `mcpServers` object. Values may hold `${VAR}` and `${VAR:-default}`; they are expanded when connecting. */
export const ServerEntry = z.union([StdioServer, HttpServer, SseServer]);
export type ServerEntry = z.infer<typeof ServerEntry>;

/** Tools that were registered over REST live on this built-in server. */
export const CUSTOM_SERVER = "custom";

export interface HttpToolsEntry {
  readonly type: "http-tools";
  readonly description?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly gateway: ServerSettings;
}

/** A registered upstream. `source`: who owns the definition; one from the config file is changed there only. */
export interface Server {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly source: "config" | "api" | "builtin";
  readonly entry: ServerEntry | HttpToolsEntry;
  /** Where its URL may lead: to a private address only if the config file or an administrator wrote it. */
  readonly egress: "any" | "public";
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function isEnabled(server: Server): boolean {
  return server.entry.disabled !== true && server.entry.gateway.enabled;
}
