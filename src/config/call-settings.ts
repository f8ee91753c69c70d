import { z } from "zod";

import { toMs } from "../domain/duration.ts";
import { Duration } from "../domain/server.ts";
import { ByteSize, toBytes } from "./byte-size.ts";
import type { CallLogConfig, IdempotencyConfig } from "./settings.ts";

const count = (fallback: number, why: string) => z.number().int().min(1).default(fallback).describe(why);

export const IdempotencySettings = z.strictObject({
  keep: Duration.default("24h").describe("How long a call with an idempotency key is remembered."),
  maxKeys: count(100_000, "Calls that are remembered; the oldest go first."),
  maxKeysPerCaller: count(10_000, "Calls of one caller that are remembered."),
  maxBytes: ByteSize.default("256MiB").describe(
    "Room for their answers; a call without one is not repeated, either.",
  ),
});

export const CallLogSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("Write down what calls met on their way; never what was asked or answered."),
  keep: Duration.default("168h").describe("How long."),
  maxRows: count(100_000, "How many; the oldest go first."),
  sample: count(1, "One success in so many is kept; failures and slow calls always are."),
  slow: Duration.default("1s").describe("A call that took longer is slow."),
});

export function resolveIdempotency(file: z.infer<typeof IdempotencySettings>): IdempotencyConfig {
  const { keep, maxKeys, maxKeysPerCaller, maxBytes } = file;
  const bounds = { rows: maxKeys, rowsPerOwner: maxKeysPerCaller, bytes: toBytes(maxBytes) };
  return { keepMs: toMs(keep), bounds };
}

export function resolveCallLog(file: z.infer<typeof CallLogSettings>): CallLogConfig {
  const { enabled, keep, maxRows, sample, slow } = file;
  return { isOn: enabled, keepMs: toMs(keep), maxRows, sample, slowMs: toMs(slow) };
}
