import type { AcceptedLoss, Feature } from "./comparison.ts";

const ASKS = "an upstream's question to the client is answered with -32601; relaying it is not built yet";
const LOGS = "log levels of a session and log messages are not carried yet";
const SUBSCRIBES = "subscriptions to a resource are not carried yet";

const RESUMES =
  "streams that are cut on purpose and resumed with Last-Event-ID are not carried yet (the suite does not score them)";

function lossOf2025(check: string, needs: Feature, reason: string): AcceptedLoss {
  return { revision: "2025-11-25", check, needs, reason };
}

/**
 * What a client loses behind the gateway for now, each with its reason: what an upstream asks of the client, what a client
 * subscribes to, log messages, and the resumption of a cut stream. An entry that names nothing lost fails the run.
 */
export const ACCEPTED_LOSSES: readonly AcceptedLoss[] = [
  lossOf2025("tools-call-sampling", "sampling", ASKS),
  lossOf2025("tools-call-elicitation", "elicitation", ASKS),
  lossOf2025("elicitation-sep1034-defaults", "elicitation", ASKS),
  lossOf2025("elicitation-sep1330-enums", "elicitation", ASKS),
  lossOf2025("logging-set-level", "logging", LOGS),
  lossOf2025("tools-call-with-logging", "logging", LOGS),
  lossOf2025("resources-subscribe", "subscriptions", SUBSCRIBES),
  lossOf2025("resources-unsubscribe", "subscriptions", SUBSCRIBES),
  lossOf2025("server-sse-polling", "resumption", RESUMES),
];
