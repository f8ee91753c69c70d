import type { UpstreamCall } from "./connection.ts";

interface Pending {
  readonly part: Pick<UpstreamCall, "onNotification">;
}

/** The call that wants to hear notifications, if it is the only one: where several share a stream nothing says whose one is. */
export function onlyListener<Call extends Pending>(calls: Iterable<Call>): Call | undefined {
  let only: Call | undefined;
  for (const call of calls) {
    if (call.part.onNotification === undefined) continue;
    if (only !== undefined) return undefined;
    only = call;
  }
  return only;
}
