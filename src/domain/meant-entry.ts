import { isJsonObject } from "./json.ts";
import { nearestName } from "./nearest-name.ts";
import { HttpServer, SseServer, StdioServer } from "./server.ts";

/**
 * The kind of server that an entry means to be, so that its mistakes are told in that kind's own terms and not as
 * "matches none of three". Nothing when it names neither a command nor a URL, not even misspelt.
 */
export function meantEntry(
  raw: unknown,
): typeof StdioServer | typeof HttpServer | typeof SseServer | undefined {
  if (!isJsonObject(raw)) return undefined;
  if (raw["type"] === "stdio") return StdioServer;
  if (raw["type"] === "sse") return SseServer;
  if (typeof raw["type"] === "string") return HttpServer;
  if ("command" in raw) return StdioServer;
  if ("url" in raw) return HttpServer;
  const meant = Object.keys(raw).map((key) => nearestName(key, ["url", "headers", "command", "args", "env"]));
  if (meant.includes("url")) return HttpServer;
  if (meant.includes("command")) return StdioServer;
  return undefined;
}
