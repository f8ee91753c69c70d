import type { GatewayError } from "../domain/errors.ts";
import type { Health } from "../domain/health.ts";
import type { Offering } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server } from "../domain/server.ts";

/** How the connections to one upstream are. */
interface UpstreamFacts {
  readonly state: "idle" | "connecting" | "ready" | "failed" | "disabled";
  readonly error?: GatewayError | undefined;
  readonly stderrTail?: string | undefined;
  readonly eras?: readonly Era[];
  readonly pid?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly restarts?: number;
}

/** What discovery needs of the upstreams. */
export interface Upstreams {
  /** Connects and reads all lists. */
  explore(server: string, signal: AbortSignal): Promise<Offering>;
  /** Ends the connections of a definition that is gone, and forgets its failures. */
  drop(server: string): Promise<void>;
  status(server: string): UpstreamFacts;
}

/** Why the server is not well. The verdict of the upstream's own supervision comes before what the last exploration met with. */
export function failureOf(
  { state, error }: UpstreamFacts,
  explored: GatewayError | undefined,
): GatewayError | undefined {
  if (error?.code === "crash_loop") return error;
  return explored ?? (state === "failed" ? error : undefined);
}

/** For health: the child that callers share. */
export function processOf(
  { entry }: Server,
  { pid, startedAt, restarts = 0 }: UpstreamFacts,
): Health["process"] {
  if (entry.type !== "stdio") return undefined;
  return {
    ...(pid === undefined ? {} : { pid }),
    ...(startedAt === undefined ? {} : { started_at: startedAt }),
    restarts,
  };
}
