import { z } from "zod";

import { allows } from "../../auth/auth.ts";
import type { CallLog, Reader } from "../../calls/calls.ts";
import { toMs } from "../../domain/duration.ts";
import { GatewayError } from "../../domain/errors.ts";
import type { Identity } from "../../domain/identity.ts";
import type { RestDeps } from "../deps.ts";
import { Flag, count } from "../query.ts";
import { type Route, param, route } from "../route.ts";
import { CallView } from "../views/call-view.ts";

/** A time, or how long ago. */
const Since = z
  .union([z.iso.datetime({ offset: true }), z.string().regex(/^\d+(?:ms|s|m|h)$/)])
  .meta({ description: "A time (ISO 8601), or how long ago: 30s, 5m, 1h." });

const CallQuery = z.strictObject({
  server: z.string().max(64).optional(),
  tool: z.string().max(256).optional().meta({ description: "Its own name, without the server." }),
  outcome: z.string().max(32).optional(),
  failed: Flag.optional(),
  since: Since.optional(),
  limit: count(1, 200).default(50),
  cursor: z.string().max(64).optional().meta({ description: "`next_cursor` of the page before." }),
});

const CallPage = z
  .object({
    items: z.array(CallView),
    next_cursor: z.string().nullable(),
    degraded: z.boolean().meta({ description: "The log cannot be written: these are from memory." }),
  })
  .meta({ id: "CallPage" });

/** What became of calls: everybody sees his own, operators those of all callers of their tenant. */
export function callRoutes(deps: RestDeps): readonly Route[] {
  const common = { method: "GET", action: "call:read", tag: "calls", status: 200 } as const;
  return [
    route({
      ...common,
      path: "/api/v1/calls",
      summary: "The last calls, the newest first",
      query: CallQuery,
      answer: CallPage,
      handle: async ({ identity, query }) => {
        const log = openLog(deps);
        const { since, cursor: before, limit, ...filter } = query;
        const asked = {
          ...filter,
          before,
          limit: limit + 1,
          since: since === undefined ? since : timeOf(since),
        };
        const found = await log.list(asked, readerOf(identity));
        const items = found.slice(0, limit);
        const next_cursor = found.length > limit ? (items.at(-1)?.id ?? null) : null;
        return { body: { items, next_cursor, degraded: log.degraded } };
      },
    }),
    route({
      ...common,
      path: "/api/v1/calls/{requestId}",
      summary: "What one call met on its way",
      answer: CallView,
      handle: async (request) => {
        const name = param(request, "requestId");
        const body = await openLog(deps).find(name, readerOf(request.identity));
        if (body === undefined) throw callNotFound(name);
        return { body };
      },
    }),
  ];
}

function readerOf(identity: Identity): Reader {
  const { tenant, subject } = identity;
  return allows(identity, "call:read-all") ? { tenant } : { tenant, subject };
}

function timeOf(since: string): number {
  return /^\d+(?:ms|s|m|h)$/.test(since) ? Date.now() - toMs(since) : Date.parse(since);
}

function openLog({ calls }: RestDeps): CallLog {
  if (calls !== undefined) return calls;
  throw new GatewayError("not_found", "Calls are not logged here.", {
    fix: [{ label: "Set gateway.callLog.enabled in the config file" }],
  });
}

/** The same for a call of somebody else. */
function callNotFound(name: string): GatewayError {
  return new GatewayError("not_found", `No call of the request "${name}" is in the log.`, {
    details: { request_id: name },
    fix: [
      { label: "List the last calls", command: "switchgear calls" },
      { label: "It may be too old, still under way, or left out: see gateway.callLog" },
    ],
  });
}
