import type { Era } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import type { Connection, ConnectionEvents } from "../connection.ts";
import { ASSUMED, discover, isEraRefusal } from "./discover.ts";
import { eraKey } from "./era-memory.ts";
import { type HttpPlan, HttpTarget } from "./http-target.ts";
import { Leg2025 } from "./leg-2025.ts";
import { Leg2026 } from "./leg-2026.ts";

export interface HttpConnection extends Connection {
  /** Whether the upstream keeps a session for this connection, which two callers must not share. */
  readonly sessionful: boolean;
}

type Leg = (plan: HttpPlan, events: ConnectionEvents, signal: AbortSignal) => Promise<HttpConnection>;

const LEGS: Readonly<Record<Era, Leg>> = {
  "2025": (plan, events, signal) => Leg2025.open(plan, events, signal),
  "2026": async (plan, events, signal) =>
    new Leg2026(plan, events, await discover(new HttpTarget(plan), signal)),
};

/**
 * A leg of the wanted era if the upstream speaks it, else of the other one. Which eras an upstream speaks is found out by
 * the first message of an era, and remembered; `assume-2026` sends none. Rejects with UpstreamError or GatewayError("cancelled").
 */
export async function connectHttp(
  plan: HttpPlan,
  events: ConnectionEvents,
  signal: AbortSignal,
): Promise<HttpConnection> {
  if (plan.era === "assume-2026") return new Leg2026(plan, events, ASSUMED);
  const key = eraKey(plan);
  const refusals: UpstreamError[] = [];
  for (const era of candidates(plan).filter((candidate) => plan.eras.speaks(key, candidate) !== false)) {
    try {
      const connection = await LEGS[era](plan, events, signal);
      plan.eras.learn(key, era, true);
      return connection;
    } catch (error) {
      if (!isEraRefusal(error)) throw error;
      plan.eras.learn(key, era, false);
      refusals.push(error);
    }
  }
  // Nothing of it may be true any more.
  plan.eras.forget(key);
  throw noEra(plan, refusals);
}

function candidates(plan: HttpPlan): readonly Era[] {
  if (plan.era === "2025" || plan.era === "2026") return [plan.era];
  return plan.wanted === "2026" ? ["2026", "2025"] : ["2025", "2026"];
}

function noEra(plan: HttpPlan, refusals: readonly UpstreamError[]): UpstreamError {
  const { server } = plan;
  const { origin, pathname } = new URL(plan.url);
  const reasons = refusals.map(({ message }) => message).join(" ");
  const message = `Upstream "${server}" does not speak MCP at ${origin}${pathname}. ${reasons}`;
  return new UpstreamError("upstream_protocol_error", server, "not_sent", message, {
    retryable: false,
    cause: refusals.at(-1),
    fix: [{ label: "Check the path of the server's url; many servers listen at /mcp" }],
  });
}
