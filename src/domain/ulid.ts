import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A prefixed ULID (26 characters of Crockford base 32, sortable by time): `srv_01J…`. */
export function ulid(prefix: string, now = Date.now()): string {
  let time = "";
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
    time = ALPHABET.charAt(rest % 32) + time;
  let chance = "";
  for (const byte of randomBytes(16)) chance += ALPHABET.charAt(byte % 32);
  return `${prefix}_${time}${chance}`;
}
