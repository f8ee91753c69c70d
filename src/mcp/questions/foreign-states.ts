import { type JsonObject, stringAt } from "../../domain/json.ts";
import { Reply } from "../../wire/reply.ts";

const MARK = "swgx.";

/**
 * An upstream that is a Switchgear itself gives out states that look like ours. They are marked on their way to the
 * client, and the mark is taken off on the way back.
 */
export function markState(reply: Reply): Reply {
  if (reply.kind === "error" || !reply.bytes.includes('"swg')) return reply;
  const { resultType, requestState } = reply.value;
  const looksLikeOurs = typeof requestState === "string" && requestState.startsWith("swg");
  if (resultType !== "input_required" || !looksLikeOurs) return reply;
  return Reply.of("result", { ...reply.value, requestState: MARK + requestState }, reply.era);
}

/** The same object when there is no mark. */
export function unmarkState(params: JsonObject): JsonObject {
  const state = stringAt(params, "requestState");
  if (state === undefined || !state.startsWith(MARK)) return params;
  return { ...params, requestState: state.slice(MARK.length) };
}
