import { z } from "zod";

const UNIT_BYTES = { KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

export const ByteSize = z
  .union([z.number().int().min(1), z.string().regex(/^[1-9]\d{0,5}(?:KiB|MiB|GiB)$/)])
  .meta({ description: "Bytes, or a number with a unit: 64KiB, 10MiB, 1GiB." });

/** `64KiB`, `10MiB`, `1GiB` or a number of bytes, in bytes. The text must have been checked by the schema. */
export function toBytes(size: number | string): number {
  if (typeof size === "number") return size;
  const match = /^(\d+)(KiB|MiB|GiB)$/.exec(size);
  return match === null ? 0 : Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES];
}
