import type { Fix } from "./errors.ts";

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
  readonly since: string;
}
