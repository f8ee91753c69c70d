import type { Limits } from "../domain/limits.ts";
import type { ServerEntry } from "../domain/server.ts";
import type { LogLevel } from "../observability/logger.ts";
import type { ProfileSettings } from "./file-schema.ts";
import type { Listen } from "./listen.ts";
import type { Environment } from "./variables.ts";

/** All settings, with every default filled in. Times in milliseconds, sizes in bytes, paths absolute. */
export interface Config {
  /** Absent when no config file was found; everything has a default. */
  readonly file?: string;
  /** Unexpanded: `${VAR}` references are replaced when a server is connected. */
  readonly mcpServers: Readonly<Record<string, ServerEntry>>;
  readonly profiles: Readonly<Record<string, ProfileSettings>>;
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
}

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
