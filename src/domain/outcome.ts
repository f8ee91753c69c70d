/**
 * What became of one attempt to call an upstream.
 * `not_sent`: nothing left the gateway. `rejected`: the upstream refused before doing anything.
 * `unknown`: something was written and no answer came; the upstream may or may not have acted.
 */
export type AttemptOutcome = "not_sent" | "rejected" | "unknown";

/** What a caller is told about a failed call, so that a side effect is not repeated blindly. */
export type Executed = "not_executed" | "unknown" | "executed";

export function executedOf(outcome: AttemptOutcome): Executed {
  return outcome === "unknown" ? "unknown" : "not_executed";
}
