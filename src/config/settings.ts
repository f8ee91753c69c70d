import type { Role } from "../domain/identity.ts";
import type { Limits } from "../domain/limits.ts";
import type { ListMode } from "../domain/list-mode.ts";
import type { Profile } from "../domain/profile.ts";
import type { ServerEntry } from "../domain/server.ts";
import type { LogLevel } from "../observability/logger.ts";
import type { Listen } from "./listen.ts";
import type { Environment } from "./variables.ts";

/** All settings, with every default filled in. Times in milliseconds, sizes in bytes, paths absolute. */
export interface Config {
  /** Absent when no config file was found; everything has a default. */
  readonly file?: string;
  /** Unexpanded: `${VAR}` references are replaced when a server is connected. */
  readonly mcpServers: Readonly<Record<string, ServerEntry>>;
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly gateway: GatewayConfig;
}

export interface GatewayConfig {
  readonly listen: Listen;
  readonly dataDir: string;
  /** `file:/path/switchgear.db` or `postgres://…`; may hold a password. */
  readonly database: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly egress: { readonly allow: readonly string[] };
  readonly demo: boolean;
  readonly startup: { readonly graceMs: number };
  readonly log: { readonly level: LogLevel };
  readonly metrics: { readonly maxLabelValues: number };
  /** `callMs` and `callMaxMs` are `calls.timeout` and `calls.maxTimeout` of the file. */
  readonly limits: Limits;
  readonly calls: {
    readonly concurrency: number;
    readonly stdioConcurrency: number;
    readonly attempts: number;
  };
  readonly cache: { readonly maxEntries: number; readonly maxBytes: number };
  /** What `tools/list` shows where neither a profile nor the URL says. */
  readonly mode: ListMode;
  readonly pinned: readonly string[];
  readonly metaTools: { readonly answerCharacters: number; readonly deferringClients: readonly string[] };
  /** Absent: each replica is on its own. */
  readonly redis?: RedisConfig | undefined;
  readonly rateLimits: RateLimitConfig;
  readonly overload: OverloadConfig;
  readonly idempotency: IdempotencyConfig;
  readonly callLog: CallLogConfig;
  readonly search: SearchConfig;
}

export interface RedisConfig {
  /** May hold a password. */
  readonly url: string;
  readonly prefix: string;
  readonly timeoutMs: number;
}

/** Of all numbers, 0 is: no limit. */
export interface RateLimitConfig {
  readonly isOn: boolean;
  readonly windowMs: number;
  readonly perKey: number;
  readonly perUser: number;
  readonly servers: Readonly<Record<string, number>>;
  readonly tools: Readonly<Record<string, number>>;
  readonly exempt: { readonly roles: readonly Role[]; readonly keys: readonly string[] };
}

export interface OverloadConfig {
  readonly isOn: boolean;
  readonly lagMs: number;
  readonly heapShare: number;
  readonly retryAfterMs: number;
}

export interface IdempotencyConfig {
  readonly keepMs: number;
  readonly bounds: { readonly rows: number; readonly rowsPerOwner: number; readonly bytes: number };
}

export interface CallLogConfig {
  readonly isOn: boolean;
  readonly keepMs: number;
  readonly maxRows: number;
  /** One success in so many is kept. */
  readonly sample: number;
  readonly slowMs: number;
}

export interface SearchConfig {
  readonly synonyms: readonly (readonly string[])[];
  readonly semanticShare: number;
  readonly queryBudgetMs: number;
  readonly embedder: EmbedderConfig;
}

interface EmbedderBasics {
  readonly batch: number;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
}

export type EmbedderConfig =
  | { readonly type: "none" }
  | (EmbedderBasics & { readonly type: "static"; readonly folder: string })
  | (EmbedderBasics & {
      readonly type: "transformers";
      /** A folder, or a name on the hub. */
      readonly model: string;
      readonly isFolder: boolean;
      readonly allowRemoteModels: boolean;
      readonly dtype: "auto" | "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4";
      readonly pooling: "mean" | "cls";
      /** Where models of the hub are kept. */
      readonly cacheDir: string;
    })
  | (EmbedderBasics & {
      readonly type: "http";
      readonly model: string;
      readonly url: string;
      readonly api: "openai" | "tei";
      /** Empty: none is sent. */
      readonly apiKey: string;
      readonly timeoutMs: number;
    });

/** What the command line says. */
export interface Overrides {
  readonly listen?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly logLevel?: string | undefined;
}

/** The command line wins over the environment, which wins over the file. */
export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  readonly overrides?: Overrides;
}
