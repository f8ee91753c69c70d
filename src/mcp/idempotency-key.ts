import { InvalidRequest } from "../domain/errors.ts";
import { idempotencyKey } from "../domain/idempotency-key.ts";
import { isJsonObject } from "../domain/json.ts";
import { META_IDEMPOTENCY_KEY } from "./envelope.ts";
import type { FrontRequest } from "./front-request.ts";

const PLAIN_KEY = "idempotencyKey";

/** The client's name for this call, from the header or from `_meta`; most calls have none. Throws InvalidRequest. */
export function idempotencyKeyOf({ headers, params }: FrontRequest): string | undefined {
  const header = headers["idempotency-key"];
  const meta = params["_meta"];
  if (header === undefined && meta === undefined) return undefined;
  const inMeta = isJsonObject(meta) ? (meta[META_IDEMPOTENCY_KEY] ?? meta[PLAIN_KEY]) : undefined;
  const fromHeader = header === undefined ? undefined : idempotencyKey(header, "Idempotency-Key");
  const fromMeta = inMeta === undefined ? undefined : idempotencyKey(inMeta, `_meta.${PLAIN_KEY}`);
  if (fromHeader === undefined || fromMeta === undefined || fromHeader === fromMeta)
    return fromHeader ?? fromMeta;
  throw new InvalidRequest("The Idempotency-Key header and _meta name different keys.");
}
