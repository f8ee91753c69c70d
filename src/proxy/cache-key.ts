import { createHash } from "node:crypto";

import type { Identity } from "../domain/identity.ts";
import { type JsonObject, canonicalJson } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";

export interface CacheKeyParts {
  readonly identity: Identity;
  readonly scope: "caller" | "shared";
  /** Changes with every edit of the server, so that an answer never outlives its credentials. */
  readonly serverVersion: number;
  readonly tool: Tool;
  readonly args: JsonObject;
}

/** The caller is part of the key: an upstream may answer two callers differently. */
export function cacheKey({ identity, scope, serverVersion, tool, args }: CacheKeyParts): string {
  const caller = scope === "shared" ? ["shared"] : ["caller", identity.tenant, identity.subject];
  const digest = createHash("sha256").update(canonicalJson(args)).digest("hex");
  return [...caller, tool.server, String(serverVersion), tool.name, tool.hash, digest]
    .map(encodeURIComponent)
    .join(":");
}
