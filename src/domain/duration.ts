const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `30s`, `5m`, `1h` or a number of milliseconds, in milliseconds. The text must have been checked by a schema. */
export function toMs(duration: number | string): number {
  if (typeof duration === "number") return duration;
  const match = /^(\d+)(ms|s|m|h)$/.exec(duration);
  return match === null ? 0 : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
