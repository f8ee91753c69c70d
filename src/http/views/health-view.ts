import { z } from "zod";

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
    process: z
      .object({ pid: z.number().int(), started_at: z.string(), restarts: z.number().int() })
      .partial({ pid: true, started_at: true })
      .optional()
      .meta({
        description: "Of a stdio server. Without a pid it does not run now; the next call starts it.",
      }),
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
