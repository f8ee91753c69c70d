import { Reply } from "../wire/reply.ts";

const RESULT_TYPE = Buffer.from('{"resultType":"complete",');
const READ_RESULT = Buffer.from('{"resultType":"complete","ttlMs":0,"cacheScope":"private",');

/** A 2025 upstream's result gets the members that 2026 demands, spliced in at its head. */
export function completedFor2026(reply: Reply, method: string): Reply {
  if (reply.era === "2026" || reply.kind === "error") return reply;
  const head = method === "resources/read" ? READ_RESULT : RESULT_TYPE;
  const body = reply.bytes.subarray(1);
  const isEmpty = body.toString("latin1", 0, 16).trimStart().startsWith("}");
  return new Reply("result", Buffer.concat([isEmpty ? head.subarray(0, -1) : head, body]), "2026");
}
