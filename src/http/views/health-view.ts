import { z } from "zod";

import { ERROR_CODES } from "../../domain/errors.ts";
import type { Health } from "../../domain/health.ts";

const FAILURES: ReadonlySet<string> = new Set(ERROR_CODES);

/** True while calls of the server's tools would fail. Being unwell in another way does not stop them. */
export function isDown(health: Health): boolean {
  return FAILURES.has(health.code);
}

const Fix = z.object({ label: z.string(), command: z.string().optional(), href: z.string().optional() });

/** Domain's `Health`, as OpenAPI needs it. */
export const HealthView = z
  .object({
    level: z.enum(["healthy", "degraded", "unhealthy", "unknown"]),
    admin_state: z.enum(["enabled", "disabled"]),
    code: z.string().meta({ description: "`ok`, `idle`, `connecting`, `disabled` or an error code." }),
    summary: z.string(),
    action: Fix.optional(),
    stderr_tail: z.string().optional(),
    quarantined: z.array(z.object({ tool: z.string(), reason: z.string() })).optional(),
    since: z.string(),
  })
  .meta({ id: "Health" });

export const ProblemView = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().meta({ description: "Stable; docs/errors.md has a section for each." }),
    request_id: z.string(),
    retryable: z.boolean(),
    retry_after_ms: z.number().optional(),
    executed: z.enum(["not_executed", "unknown", "executed"]).optional(),
    fix: z.array(Fix),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
