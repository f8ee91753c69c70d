import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { META, RPC, VERSION_2026 } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import type { HttpAnswer } from "../../wire/http-exchange.ts";
import { HEADER } from "../../wire/mcp-headers.ts";
import { encodeRequest } from "../../wire/message.ts";
import { readReply } from "../../wire/reply-frame.ts";
import type { Reply } from "../../wire/reply.ts";
import { ownEnvelope } from "../client-params.ts";
import type { HttpTarget } from "./http-target.ts";
import type { Introduction } from "./initialize.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

const NOBODY: Inbox = { onRequest: () => undefined, onNotification: () => undefined };

/** What is taken for granted of an upstream that is not asked. */
export const ASSUMED: Introduction = {
  capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
  serverInfo: {},
  instructions: undefined,
};

/** Rejects with UpstreamError; with `upstream_rejected` if the upstream's answer shows that it does not speak the 2026 era. */
export async function discover(target: HttpTarget, signal: AbortSignal): Promise<Introduction> {
  const { server, limits } = target;
  const method = "server/discover";
  const headers = target.postHeaders([HEADER.protocolVersion, VERSION_2026, HEADER.method, method]);
  for (let id = 1; ; id++) {
    const call = new RpcCall(id, { signal }, { server, era: "2026", limits, inbox: NOBODY });
    const body = encodeRequest(id, method, { _meta: ownEnvelope(target.clientInfo, target.client) });
    const answer = await target.post(call, headers, body);
    if (id > 1 || !offersIt(answer)) return readDiscover(server, call.finish(answer));
  }
}

/** It refuses the version, and names this very one among those that it takes: asked again it may answer. */
function offersIt({ streamed, body }: HttpAnswer): boolean {
  if (streamed || !body.includes(String(RPC.unsupportedVersion))) return false;
  const error = errorIn(body);
  const data = error?.["data"];
  const supported = isJsonObject(data) ? data["supported"] : undefined;
  return (
    error?.["code"] === RPC.unsupportedVersion && Array.isArray(supported) && supported.includes(VERSION_2026)
  );
}

function errorIn(body: Buffer): JsonObject | undefined {
  try {
    const reply = readReply(body, "2026")?.reply;
    return reply?.kind === "error" ? reply.value : undefined;
  } catch {
    return undefined;
  }
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
