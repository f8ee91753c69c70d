import { InvalidRequest } from "./errors.ts";

const SHAPE = /^[\u0021-\u007E]{1,255}$/;

/** The name that a caller gives to one call, so that it can send it again without fear. Throws InvalidRequest. */
export function idempotencyKey(given: unknown, place: string): string {
  if (typeof given === "string" && SHAPE.test(given)) return given;
  const message = "must be 1–255 visible ASCII characters without spaces";
  throw new InvalidRequest(`${place} ${message}.`, [{ path: place, message }]);
}
