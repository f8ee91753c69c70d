import { type JsonObject, stringAt } from "../domain/json.ts";
import type { Endpoint } from "./endpoint.ts";

/** From the least to the most severe, as RFC 5424 has them. */
export const LOG_LEVELS = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return (LOG_LEVELS as readonly unknown[]).includes(value);
}

/** Without a level everything passes; a message of a level that nobody knows counts as info. */
export function allows(level: string | undefined, message: string | undefined): boolean {
  return level === undefined || rankOf(message) >= rankOf(level);
}

function rankOf(level: string | undefined): number {
  return LOG_LEVELS.indexOf(isLogLevel(level) ? level : "info");
}

/** The params of a log message as an endpoint shows them: where all servers speak, each is named. */
export function shownLog(endpoint: Endpoint, server: string, params: JsonObject): JsonObject {
  if (endpoint.kind === "server") return params;
  const logger = stringAt(params, "logger");
  return { ...params, logger: logger === undefined ? server : `${server}/${logger}` };
}
