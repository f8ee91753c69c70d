import { GatewayError } from "../domain/errors.ts";

export function otherArguments(tool: string): GatewayError {
  const message = `This idempotency key was used for a call of "${tool}" with other arguments.`;
  return new GatewayError("idempotency_conflict", message, {
    executed: "not_executed",
    details: { tool },
    fix: [{ label: "Use a new key for each call that is meant to be another one" }],
  });
}

/** Another part of the same conversation is under way. */
export function stillInFlight(tool: string): GatewayError {
  const message = `A call of "${tool}" with this idempotency key, but with other answers of its user, is in flight.`;
  return new GatewayError("idempotency_conflict", message, {
    executed: "not_executed",
    retryable: true,
    retryAfterMs: 1_000,
    details: { tool },
  });
}

export function outcomeUnknown(tool: string): GatewayError {
  const message = `The call of "${tool}" with this idempotency key was sent, and its outcome was lost.`;
  return new GatewayError("outcome_unknown", message, {
    executed: "unknown",
    details: { tool },
    fix: [{ label: "Look whether it was done; to do it again, use a new key" }],
  });
}

export function answerNotKept(tool: string): GatewayError {
  const message = `The call of "${tool}" with this idempotency key was executed; its answer is too large to be repeated.`;
  return new GatewayError("answer_not_kept", message, { executed: "executed", details: { tool } });
}

export function callerLeft(): GatewayError {
  return new GatewayError("cancelled", "The caller has gone; its call goes on for a while.", {
    executed: "unknown",
  });
}
