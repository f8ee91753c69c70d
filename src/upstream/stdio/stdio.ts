import { stat } from "node:fs/promises";

import type { Limits } from "../../domain/limits.ts";
import type { Era } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import type { Logger } from "../../observability/logger.ts";
import type { ConnectionEvents } from "../connection.ts";
import { Channel } from "./channel.ts";
import { Child, STOP_PATIENCE, type StopPatience } from "./child.ts";
import { childEnvironment } from "./environment.ts";
import { type ClientInfo, introduce } from "./handshake.ts";
import { StdioConnection } from "./stdio-connection.ts";
import { cancelled, handshakeFailure, startFailure, unreadable } from "./stdio-failure.ts";

/** How to start one child. Values are expanded already. */
export interface StdioPlan {
  readonly server: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Declared variables. Of `baseEnv`, the gateway's own environment, the child sees only what every program needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly baseEnv: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
  readonly era?: "auto" | Era | undefined;
  readonly limits: Limits;
  readonly clientInfo: ClientInfo;
  readonly logger: Logger;
  readonly patience?: StopPatience | undefined;
}

/**
 * Starts the program and shakes hands with it. Rejects with UpstreamUnavailable or `upstream_protocol_error` (both
 * `not_sent`), or `cancelled`; then no process of it is left.
 */
export async function connectStdio(
  plan: StdioPlan,
  events: ConnectionEvents,
  signal: AbortSignal,
): Promise<StdioConnection> {
  if (signal.aborted) throw cancelled(false);
  const child = await startChild(plan);
  const patience = plan.patience ?? STOP_PATIENCE;
  let open = false;
  const channel = new Channel({
    server: plan.server,
    command: plan.command,
    child,
    limits: plan.limits,
    logger: plan.logger,
    onNotification: (method, params) => events.onNotification(method, params),
    onEnd: (end) => {
      const ours = end.code === "disconnected";
      // Whatever the reason, a child without a channel is of no use.
      child.stop(ours ? patience : { ...patience, afterEofMs: 0 }).catch(() => undefined);
      if (open && !ours) events.onClosed(end.reason);
    },
  });
  const giveUp = deadlineOf(channel, plan.limits.connectMs, signal);
  try {
    const introduction = await introduce(channel, plan.server, plan.clientInfo, plan.era ?? "auto");
    open = true;
    return new StdioConnection({ channel, child, introduction, clientInfo: plan.clientInfo });
  } catch (error) {
    const failure = failureOf(error, channel);
    await child.stop({ ...patience, afterEofMs: 0 });
    throw signal.aborted ? cancelled(false) : failure;
  } finally {
    giveUp.clear();
  }
}

function failureOf(error: unknown, channel: Channel): unknown {
  if (channel.ended !== undefined) return handshakeFailure(channel.facts, channel.ended);
  const isUnreadable =
    error instanceof SyntaxError || (error instanceof UpstreamError && error.outcome === "unknown");
  return isUnreadable ? unreadable(channel.facts, "not_sent") : error;
}

async function startChild(plan: StdioPlan): Promise<Child> {
  const { server, command, args, cwd, env, baseEnv } = plan;
  const failure = (cause: unknown): UpstreamError =>
    startFailure({ server, command, stderrTail: "" }, cwd, cause);
  // A missing directory would be reported as a missing command.
  const place = cwd === undefined ? undefined : await stat(cwd).catch(() => undefined);
  if (cwd !== undefined && place?.isDirectory() !== true) throw failure({ code: "NO_CWD" });
  try {
    return await Child.start({
      command,
      args,
      cwd,
      environment: childEnvironment(baseEnv, env),
      declared: env,
    });
  } catch (error) {
    throw failure(error);
  }
}

/** Ends the channel when the handshake takes too long or is given up. */
function deadlineOf(channel: Channel, connectMs: number, signal: AbortSignal): { clear(): void } {
  const onAbort = (): void => channel.end({ code: "no_handshake", reason: "the connection was given up" });
  const timer = setTimeout(
    () => channel.end({ code: "no_handshake", reason: `no answer to the MCP handshake in ${connectMs} ms` }),
    connectMs,
  );
  signal.addEventListener("abort", onAbort);
  return {
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
