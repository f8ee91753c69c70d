import { toMs } from "../domain/duration.ts";
import { matchesAny } from "../domain/glob.ts";
import type { Tool } from "../domain/offering.ts";
import type { ServerSettings, ToolSettings } from "../domain/server.ts";

/** How calls of one tool are sent and repeated. */
export interface ToolLaw {
  readonly attempts: number;
  /** A call whose fate is unknown may be sent again. */
  readonly retryUnknown: boolean;
  readonly timeoutMs: number;
  readonly maxMs: number;
}

interface LawOfServer {
  readonly timeoutMs: number;
  readonly maxMs: number;
  /** When calls may be repeated at all. */
  readonly mostAttempts: number;
  readonly trusted: boolean;
}

/** The settings of the tool win over those of its server; hints count only if the operator trusts the upstream. */
export function lawOf(tool: Tool, settings: ServerSettings | undefined, server: LawOfServer): ToolLaw {
  const own = settingsOf(tool.name, settings);
  const retry = own.retry ?? settings?.retry ?? "safe";
  const timeoutMs = own.timeout === undefined ? server.timeoutMs : toMs(own.timeout);
  const isRepeatable = own.idempotent ?? (server.trusted && (tool.readOnly || tool.idempotent));
  return {
    attempts: retry === "never" ? 1 : server.mostAttempts,
    retryUnknown: retry === "always" || (retry === "safe" && isRepeatable),
    timeoutMs,
    // Who gives a tool more time means it.
    maxMs: Math.max(server.maxMs, timeoutMs),
  };
}

/** Of the globs that fit, the first one. */
function settingsOf(name: string, settings: ServerSettings | undefined): ToolSettings {
  for (const [glob, own = {}] of Object.entries(settings?.tools ?? {}))
    if (!isNames(own) && matchesAny([glob], name)) return own;
  return {};
}

/** `allow` and `deny` are lists. */
function isNames(own: ToolSettings | readonly string[]): own is readonly string[] {
  return Array.isArray(own);
}
