import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const SHAPE = /^(swg_([0-9a-z]{1,16})_([0-9a-z]{52}))_([0-9a-f]{8})$/;

/** `swg_<id>_<secret>_<crc>`: the id finds the row, the secret proves, the checksum lets typos and guesses fail early. */
export interface KeyToken {
  readonly id: string;
  readonly secret: string;
  readonly text: string;
}

/** A new token with a secret of 260 random bits. */
export function createToken(id = randomText(12)): KeyToken {
  const secret = randomText(52);
  const body = `swg_${id}_${secret}`;
  return { id, secret, text: `${body}_${checksum(body)}` };
}

/** Nothing when it is no token of ours, or was mistyped. */
export function parseToken(text: string): KeyToken | undefined {
  const [, body = "", id = "", secret = "", check] = SHAPE.exec(text) ?? [];
  return check !== undefined && checksum(body) === check ? { id, secret, text } : undefined;
}

/** What is stored of a secret. It has 260 random bits, so it needs no slow hash. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "hex");
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, "0");
}

function randomText(length: number): string {
  let text = "";
  for (const byte of randomBytes(length)) text += ALPHABET.charAt(byte & 31);
  return text;
}
