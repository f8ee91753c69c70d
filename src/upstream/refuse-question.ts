import { RPC } from "../domain/protocol.ts";
import { Reply } from "../wire/reply.ts";
import type { Question } from "./connection.ts";

/** What an upstream hears when there is nobody to ask. */
export async function refuseQuestion({ method }: Question): Promise<Reply> {
  if (method === "ping") return Reply.of("result", {}, "2025");
  const message = `This client does not support "${method}".`;
  return Reply.of("error", { code: RPC.methodNotFound, message }, "2025");
}
