import { ERROR_CODES, type Fix } from "./errors.ts";

export type HealthLevel = "healthy" | "degraded" | "unhealthy" | "unknown";

/** One health object everywhere: REST, CLI, MCP. Unknown is never shown as green. */
export interface Health {
  readonly level: HealthLevel;
  readonly admin_state: "enabled" | "disabled";
  /** Stable: `ok`, `idle`, `connecting`, `disabled`, or an error code of docs/errors.md. */
  readonly code: string;
  readonly summary: string;
  /** What to do about it; absent when nothing is needed. */
  readonly action?: Fix;
  /** Last lines that a stdio child wrote to stderr. */
  readonly stderr_tail?: string;
  /** Tools that an upstream offers but that are malformed, with the reason; the rest is served. */
  readonly quarantined?: readonly { readonly tool: string; readonly reason: string }[];
  /** Of a stdio upstream: the child that callers share. Without a pid there is none now; the next call starts it. */
  readonly process?: {
    readonly pid?: number;
    readonly started_at?: string;
    /** How often it was started anew because it had ended by itself, since its definition last changed. */
    readonly restarts: number;
  };
  readonly since: string;
}

const FAILURES: ReadonlySet<string> = new Set(ERROR_CODES);

/** True while calls of the server's tools would fail. Being unwell in another way does not stop them. */
export function isDown(health: Health): boolean {
  return FAILURES.has(health.code);
}
