import { type JsonObject, stringAt } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import type { Answer } from "./answer.ts";
import type { FrontRequest } from "./front-request.ts";
import { allows, shownLog } from "./log-levels.ts";
import type { Session } from "./session.ts";
import { principalOf } from "./session.ts";
import type { Tasks } from "./tasks.ts";

type OnNotification = FrontRequest["onNotification"];

const LOG = "notifications/message";
/** What an upstream may say during a call of a 2025 client besides log messages. */
const OF_2025: ReadonlySet<string> = new Set([
  "notifications/tasks/status",
  "notifications/elicitation/complete",
]);

/**
 * Where an upstream's news of a call go: on the stream of its request, as far as its client wants to hear them.
 * A 2026 client hears log messages only of requests that name a level.
 */
export function callNews(
  era: Era,
  session: Session | undefined,
  envelope: UpstreamCall["envelope"],
  answer: Answer,
): OnNotification {
  if (!answer.mayStream) return undefined;
  if (era === "2026") {
    const level = envelope?.logLevel;
    if (level === undefined) return undefined;
    return (method, params) => {
      if (method === LOG && allows(level, stringAt(params, "level"))) answer.notify(method, params);
    };
  }
  return (method, params) => {
    const isHeard =
      method === LOG ? allows(session?.logLevel, stringAt(params, "level")) : OF_2025.has(method);
    if (isHeard) answer.notify(method, params);
  };
}

/** The same, with the task ids and the logger's name as this caller is to see them. */
export function newsOf(
  { onNotification, endpoint, identity }: FrontRequest,
  tasks: Tasks,
  server: string,
): OnNotification {
  if (onNotification === undefined) return undefined;
  return (method: string, params: JsonObject) => {
    const own = tasks.notification(method, params, server, principalOf(identity));
    onNotification(method, method === LOG ? shownLog(endpoint, server, own) : own);
  };
}
