/** A value as the shared tier has it. Times are those of the wall clock: replicas have no other in common. */
export interface KeptValue {
  readonly value: Buffer;
  readonly madeAt: number;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly tags: readonly string[];
}

/** What was written by a gateway that does it otherwise is not read. */
const FORMAT = 1;
const HEAD_BYTES = 1 + 8 + 4 + 4 + 2;

/** format (1 byte), made at (8), time to live (4), stale for (4), length of the tags (2), tags, value. */
export function encodeKept({ value, madeAt, ttlMs, staleMs, tags }: KeptValue): Buffer {
  const tagBytes = Buffer.from(JSON.stringify(tags));
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt8(FORMAT, 0);
  head.writeDoubleBE(madeAt, 1);
  head.writeUInt32BE(Math.min(ttlMs, 0xffffffff), 9);
  head.writeUInt32BE(Math.min(staleMs, 0xffffffff), 13);
  head.writeUInt16BE(tagBytes.length, 17);
  return Buffer.concat([head, tagBytes, value]);
}

/** Nothing for bytes that are not one of ours. */
export function decodeKept(bytes: Buffer): KeptValue | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt8(0) !== FORMAT) return undefined;
  const start = HEAD_BYTES + bytes.readUInt16BE(17);
  if (start > bytes.length) return undefined;
  const tags = tagsIn(bytes.toString("utf8", HEAD_BYTES, start));
  if (tags === undefined) return undefined;
  return {
    value: bytes.subarray(start),
    madeAt: bytes.readDoubleBE(1),
    ttlMs: bytes.readUInt32BE(9),
    staleMs: bytes.readUInt32BE(13),
    tags,
  };
}

function tagsIn(text: string): readonly string[] | undefined {
  try {
    const tags = JSON.parse(text) as unknown;
    return Array.isArray(tags) && tags.every((tag) => typeof tag === "string") ? tags : undefined;
  } catch {
    return undefined; // somebody else's bytes
  }
}
