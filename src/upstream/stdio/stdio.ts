import { stat } from "node:fs/promises";

import { UpstreamError } from "../../domain/upstream-errors.ts";
import type { ConnectionEvents } from "../connection.ts";
import { programKey } from "../http/era-memory.ts";
import { Channel } from "./channel.ts";
import { Child, STOP_PATIENCE } from "./child.ts";
import { childEnvironment } from "./environment.ts";
import { introduce } from "./handshake.ts";
import { StdioConnection } from "./stdio-connection.ts";
import { cancelled, handshakeFailure, startFailure, unreadable } from "./stdio-failure.ts";
import type { StdioPlan } from "./stdio-plan.ts";

export type { StdioPlan } from "./stdio-plan.ts";

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
  let connection: StdioConnection | undefined;
  const channel = new Channel({
    server: plan.server,
    command: plan.command,
    child,
    limits: plan.limits,
    logger: plan.logger,
    onNotification: (method, params) =>
      connection === undefined ? events.onNotification(method, params) : connection.receive(method, params),
    onRequest: (question) => events.onRequest(question),
    onEnd: (end) => {
      const ours = end.code === "disconnected";
      // Whatever the reason, a child without a channel is of no use.
      child.stop(ours ? patience : { ...patience, afterEofMs: 0 }).catch(() => undefined);
      if (connection !== undefined && !ours) events.onClosed(end.reason);
    },
  });
  const giveUp = deadlineOf(channel, plan.limits.connectMs, signal);
  try {
    const introduction = await introduce(channel, { ...plan, key: programKey(plan) });
    connection = new StdioConnection({ plan, channel, child, introduction, events });
    return connection;
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
    const environment = childEnvironment(baseEnv, env);
    const what = { command, args, cwd, environment, declared: env };
    return await (plan.children?.start(server, what) ?? Child.start(what));
  } catch (error) {
    throw error instanceof UpstreamError ? error : failure(error);
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
