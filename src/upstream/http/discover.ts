import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { META, VERSION_2026 } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import { HEADER } from "../../wire/mcp-headers.ts";
import { encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import type { ClientInfo, HttpTarget } from "./http-target.ts";
import type { Introduction } from "./initialize.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

const NOBODY: Inbox = { onRequest: () => undefined, onNotification: () => undefined };

/** The envelope of a 2026 request that the gateway makes for itself. */
export function ownEnvelope(clientInfo: ClientInfo): JsonObject {
  return {
    [META.protocolVersion]: VERSION_2026,
    [META.clientCapabilities]: {},
    [META.clientInfo]: { ...clientInfo },
  };
}

/** Rejects with UpstreamError; with `upstream_rejected` if the upstream's answer shows that it does not speak the 2026 era. */
export async function discover(target: HttpTarget, signal: AbortSignal): Promise<Introduction> {
  const { server, limits } = target;
  const method = "server/discover";
  const call = new RpcCall(1, { signal }, { server, era: "2026", limits, inbox: NOBODY });
  const headers = target.postHeaders([HEADER.protocolVersion, VERSION_2026, HEADER.method, method]);
  const body = encodeRequest(1, method, { _meta: ownEnvelope(target.clientInfo) });
  return readDiscover(server, call.finish(await target.post(call, headers, body)));
}

function readDiscover(server: string, reply: Reply): Introduction {
  const { value } = reply;
  const { supportedVersions, capabilities, _meta: meta } = value;
  if (
    reply.kind === "error" ||
    !Array.isArray(supportedVersions) ||
    !supportedVersions.includes(VERSION_2026)
  ) {
    const message = `Upstream "${server}" does not offer protocol version ${VERSION_2026}.`;
    throw new UpstreamError("upstream_rejected", server, "rejected", message, { retryable: false });
  }
  const serverInfo = isJsonObject(meta) ? meta[META.serverInfo] : undefined;
  return {
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    serverInfo: isJsonObject(serverInfo) ? serverInfo : {},
    instructions: stringAt(value, "instructions"),
  };
}

/**
 * An upstream that refuses the first message of an era does not speak it. Refused credentials, overload, failures and
 * silence prove nothing.
 */
export function isEraRefusal(error: unknown): error is UpstreamError {
  if (!(error instanceof UpstreamError) || error.code !== "upstream_rejected") return false;
  const { status } = error.details;
  return status !== 429 && status !== 408;
}
