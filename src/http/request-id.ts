import { randomBytes } from "node:crypto";

/** What can stand in a header and in a log line without harm. */
const SANE = /^[\w.:-]{1,128}$/;

/** A maker of request ids: the caller's own if it is sane, else one that costs no randomness per request. */
export function requestIds(prefix = randomBytes(6).toString("base64url")): (given: unknown) => string {
  let count = 0;
  return (given) =>
    typeof given === "string" && SANE.test(given) ? given : `req_${prefix}${(++count).toString(36)}`;
}
