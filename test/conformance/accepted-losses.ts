import type { AcceptedLoss } from "./comparison.ts";

const KEYS =
  "a 2025 upstream asks by a request, which has no key: the gateway names the question itself, and the suite wants one certain name";
const UNDECLARED =
  "a 2025 upstream is told at its initialize what clients can do, and not with each request: it cannot refuse a call before it begins";

/**
 * What a client loses behind the gateway, each with its reason. What a 2025 upstream cannot say to a 2026 client stays
 * lost. An entry that names nothing lost fails the run.
 */
export const ACCEPTED_LOSSES: readonly AcceptedLoss[] = [
  lossOf2025Wire("input-required-result-basic-elicitation:sep-2322-elicitation-incomplete", KEYS),
  lossOf2025Wire("input-required-result-basic-elicitation:sep-2322-elicitation-complete", KEYS),
  lossOf2025Wire("server-stateless:sep-2575-server-rejects-undeclared-capability", UNDECLARED),
  lossOf2025Wire("server-stateless:sep-2575-missing-capability-http-400", UNDECLARED),
];

function lossOf2025Wire(check: string, reason: string): AcceptedLoss {
  return { suite: "server, 2025 upstream", revision: "2026-07-28", check, needs: "wire", reason };
}
