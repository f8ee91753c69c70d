import { GatewayError } from "../../domain/errors.ts";
import { RPC } from "../../domain/protocol.ts";
import { Reply } from "../../wire/reply.ts";

/** What an upstream hears when its client cannot answer such a question. */
export function refusedQuestion(method: string, capability: string): Reply {
  const message = `The client does not support "${method}": it did not declare the capability "${capability}".`;
  return Reply.of("error", { code: RPC.methodNotFound, message }, "2025");
}

/** What an upstream hears when its client could answer, and did not. */
export function failedQuestion(message: string): Reply {
  return Reply.of("error", { code: RPC.internalError, message }, "2025");
}

/** The caller cannot go on with a call: the `requestState` is not the one that it was given for this. */
export function invalidState(reason: string): GatewayError {
  return new GatewayError("invalid_request_state", `params.requestState cannot be used: ${reason}.`, {
    executed: "not_executed",
    fix: [
      { label: "Send the requestState of the last input_required answer verbatim, with the same params" },
    ],
  });
}

export function questionExpired(reason: string): GatewayError {
  return new GatewayError(
    "question_expired",
    `The question is not open any more: ${reason}. The call was cancelled.`,
    {
      executed: "unknown",
      fix: [{ label: "Find out what the call has done before you repeat it without requestState" }],
    },
  );
}
