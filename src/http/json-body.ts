import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

import { GatewayError, InvalidRequest } from "../domain/errors.ts";
import type { Limits } from "../domain/limits.ts";
import { readBody } from "../wire/http-body.ts";
import { checkJson } from "../wire/json-guard.ts";
import { WireError } from "../wire/wire-error.ts";

/**
 * The parsed body, or nothing when there is none.
 * Throws GatewayError: unsupported_media_type, payload_too_large, invalid_request.
 */
export async function readJsonBody(
  request: IncomingMessage,
  accepted: readonly string[],
  limits: Pick<Limits, "requestBytes" | "jsonDepth">,
): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  checkMediaType(request, accepted);
  const bytes = await readBody(request, limits.requestBytes);
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new InvalidRequest("The request body is not UTF-8.");
  return parseJson(bytes.toString("utf8"), limits.jsonDepth);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return (
    headers["transfer-encoding"] !== undefined ||
    (headers["content-length"] !== undefined && headers["content-length"] !== "0")
  );
}

function checkMediaType({ headers }: IncomingMessage, accepted: readonly string[]): void {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const encoding = headers["content-encoding"] ?? "identity";
  if (accepted.includes(type) && encoding.toLowerCase() === "identity") return;
  throw new GatewayError(
    "unsupported_media_type",
    `The body must be ${accepted.join(" or ")}, not compressed; it is "${type}"${encoding === "identity" ? "" : ` in ${encoding}`}.`,
    { fix: [{ label: `Send the header 'Content-Type: ${accepted[0] ?? "application/json"}'` }] },
  );
}

function parseJson(text: string, depth: number): unknown {
  try {
    checkJson(text, { depth });
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (cause instanceof WireError) {
      const reason = cause.message.replace("Not a valid JSON-RPC message", "The request body is refused");
      throw new InvalidRequest(reason, [], { cause });
    }
    if (cause instanceof SyntaxError)
      throw new InvalidRequest(`The request body is not JSON: ${cause.message}`, [], { cause });
    throw cause;
  }
}
