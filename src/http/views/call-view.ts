import { z } from "zod";

const Stretch = z.object({
  phase: z.enum([
    "authentication",
    "reading",
    "policy",
    "idempotency key",
    "cache",
    "queue",
    "attempt",
    "pause",
    "answer",
  ]),
  start_ms: z.number().meta({ description: "After the request came in." }),
  duration_ms: z.number(),
  attempt: z.number().int().optional(),
  outcome: z.string().optional(),
  code: z.string().optional(),
});

/** What is shown of a call: never its arguments or its answer. */
export const CallView = z
  .object({
    id: z.string(),
    request_id: z.string(),
    at: z.string().meta({ description: "When the request came in." }),
    tenant: z.string(),
    subject: z.string(),
    via: z.string().meta({ description: "mcp or rest" }),
    era: z.string(),
    endpoint: z.string().meta({ description: "Of MCP: *, a server, or a profile." }),
    server: z.string(),
    tool: z.string(),
    outcome: z.string().meta({ description: "As in the metrics; asked: it waits for its user." }),
    executed: z.string().meta({ description: "executed, not_executed or unknown" }),
    code: z.string().optional().meta({ description: "Of the failure." }),
    duration_ms: z.number(),
    upstream_ms: z.number().meta({ description: "All attempts together, without the time of questions." }),
    cache: z.string(),
    idempotency: z.string().meta({ description: "none, new, stored or joined" }),
    breaker: z.string().meta({ description: "closed, open or not_reached" }),
    attempts: z.number().int(),
    retried: z.array(z.string()).meta({ description: "Why there was more than one attempt: error codes." }),
    questions: z.number().int(),
    questions_ms: z.number().meta({ description: "How long users thought." }),
    request_bytes: z.number().int(),
    answer_bytes: z.number().int(),
    waterfall: z.array(Stretch),
  })
  .meta({ id: "Call", description: "What one call met on its way." });
