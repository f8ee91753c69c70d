import type { Verdict } from "../traffic/traffic.ts";

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): times in whole seconds. */
export function limitHeaders({ limit, remaining, resetMs }: Verdict): Record<string, string> {
  return headers(limit.name, limit.most, Math.ceil(limit.windowMs / 1_000), remaining, resetMs);
}

/** The same for a refusal, from the details of its error. */
export function refusalHeaders(
  details: Readonly<Record<string, unknown>> | undefined,
  retryAfterMs = 0,
): Record<string, string> {
  const { limit, most, window_s } = details ?? {};
  const isLimit = typeof limit === "string" && typeof most === "number" && typeof window_s === "number";
  return isLimit ? headers(limit, most, window_s, 0, retryAfterMs) : {};
}

function headers(
  name: string,
  most: number,
  windowS: number,
  remaining: number,
  resetMs: number,
): Record<string, string> {
  return {
    "ratelimit-policy": `"${name}";q=${most};w=${windowS}`,
    ratelimit: `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`,
  };
}
