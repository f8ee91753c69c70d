import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { type Era, META, VERSIONS_OF_2025, VERSION_2025, VERSION_2026 } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import { encodeNotification, encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import type { Channel } from "./channel.ts";

export interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

/** What a child has said of itself. */
export interface Introduction {
  readonly era: Era;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
}

/** Versions that were never a release of their own but are spoken in the field. */
const ACCEPTED_2025: readonly string[] = [...VERSIONS_OF_2025, "2024-10-07"];

/**
 * Finds out the era with one child: `initialize` first, and `server/discover` on the same channel when that is refused.
 * A child of both eras is spoken to in the first one that it is addressed in, so the order matters.
 */
export async function introduce(
  channel: Channel,
  server: string,
  client: ClientInfo,
  wanted: "auto" | Era,
): Promise<Introduction> {
  if (wanted === "2026") return discover(channel, server, client);
  const answer = await ask(channel, "initialize", {
    protocolVersion: VERSION_2025,
    capabilities: {},
    clientInfo: { ...client },
  });
  if (answer.kind === "result") return initialized(channel, server, answer.value);
  if (wanted === "2025") throw refused(server, "initialize", answer.value);
  return discover(channel, server, client, answer.value);
}

function initialized(channel: Channel, server: string, result: JsonObject): Introduction {
  const version = stringAt(result, "protocolVersion");
  if (version === undefined || !ACCEPTED_2025.includes(version)) {
    throw incompatible(server, version === undefined ? [] : [version], ACCEPTED_2025);
  }
  channel.post(encodeNotification("notifications/initialized", {}));
  return {
    era: "2025",
    capabilities: objectAt(result, "capabilities"),
    serverInfo: objectAt(result, "serverInfo"),
    instructions: stringAt(result, "instructions"),
  };
}

async function discover(
  channel: Channel,
  server: string,
  client: ClientInfo,
  refusal?: JsonObject,
): Promise<Introduction> {
  channel.era = "2026";
  const answer = await ask(channel, "server/discover", {
    _meta: {
      [META.protocolVersion]: VERSION_2026,
      [META.clientCapabilities]: {},
      [META.clientInfo]: { ...client },
    },
  });
  if (answer.kind === "error") {
    throw refusal === undefined
      ? refused(server, "server/discover", answer.value)
      : refused(server, "initialize", refusal);
  }
  const { supportedVersions } = answer.value;
  const versions = Array.isArray(supportedVersions) ? supportedVersions.map(String) : [];
  if (!versions.includes(VERSION_2026)) throw incompatible(server, versions, [VERSION_2026]);
  return {
    era: "2026",
    capabilities: objectAt(answer.value, "capabilities"),
    serverInfo: objectAt(objectAt(answer.value, "_meta"), META.serverInfo),
    instructions: stringAt(answer.value, "instructions"),
  };
}

/** Given up by ending the channel, never by a cancellation: `initialize` must not be cancelled. */
function ask(channel: Channel, method: string, params: JsonObject): Promise<Reply> {
  const id = channel.nextId();
  return channel.request(id, encodeRequest(id, method, params), { signal: new AbortController().signal });
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

function refused(server: string, method: string, error: JsonObject): UpstreamError {
  return new UpstreamError(
    "upstream_protocol_error",
    server,
    "not_sent",
    `Upstream "${server}" refused the MCP handshake (${method}).`,
    {
      details: {
        rpc_code: error["code"] ?? null,
        rpc_message: (stringAt(error, "message") ?? "").slice(0, 500),
      },
      fix: [{ label: 'See whether the program is an MCP server, and whether "args" start it as one' }],
    },
  );
}

function incompatible(server: string, theirs: readonly string[], ours: readonly string[]): UpstreamError {
  return new UpstreamError(
    "upstream_protocol_error",
    server,
    "not_sent",
    `Upstream "${server}" speaks no version of MCP that the gateway knows.`,
    {
      details: { offered: theirs.slice(0, 16), supported: ours },
      fix: [{ label: "Update the upstream server, or Switchgear" }],
    },
  );
}
