import type { IncomingHttpHeaders } from "node:http";

import { GatewayError } from "../domain/errors.ts";

export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version that a write must find, or nothing when the client did not say.
 * Throws GatewayError("precondition_failed") when `If-Match` names other versions than the current one.
 */
export function expectedVersion(headers: IncomingHttpHeaders, current: number): number | undefined {
  const wanted = headers["if-match"];
  if (wanted === undefined || wanted.trim() === "*") return undefined;
  const tags = wanted.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (tags.includes(etagOf(current))) return current;
  throw changed(current);
}

/** A conflict that arises between the check and the write is the same failure as one found by the check. */
export function asPrecondition(error: unknown, expected: number | undefined): unknown {
  const isRace = error instanceof GatewayError && error.code === "conflict" && expected !== undefined;
  return isRace ? changed(undefined) : error;
}

function changed(current: number | undefined): GatewayError {
  return new GatewayError(
    "precondition_failed",
    "It was changed since you read it. Read it again and repeat your change.",
    { details: current === undefined ? {} : { etag: etagOf(current) } },
  );
}
