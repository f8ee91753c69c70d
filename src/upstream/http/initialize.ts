import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { VERSIONS_OF_2025 } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import { HEADER } from "../../wire/mcp-headers.ts";
import { encodeNotification, encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import { initializeParams } from "../client-params.ts";
import { refusal } from "./http-refusal.ts";
import type { HttpTarget } from "./http-target.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

/** What an upstream says of itself when a connection begins. */
export interface Introduction {
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
}

/** What every later request of a 2025 leg carries. */
export interface Session {
  readonly id: string | undefined;
  readonly version: string;
  readonly introduction: Introduction;
}

/** The first two messages of a 2025 session. Rejects with UpstreamError; `rejected` if the upstream knows no `initialize`. */
export async function initialize(
  target: HttpTarget,
  id: number,
  inbox: Inbox,
  signal: AbortSignal,
): Promise<Session> {
  const { server, limits } = target;
  const call = new RpcCall(id, { signal }, { server, era: "2025", limits, inbox });
  const body = encodeRequest(id, "initialize", initializeParams(target.clientInfo, target.client));
  const answer = await target.post(call, target.postHeaders([]), body);
  const { version, introduction } = readInitialize(server, call.finish(answer));
  const header = answer.headers[HEADER.sessionId];
  const session = {
    id: typeof header === "string" && header !== "" ? header : undefined,
    version,
    introduction,
  };
  const confirmed = await target.post(
    { server, signal, maxBytes: limits.replyBytes },
    target.postHeaders(sessionHeaders(session)),
    encodeNotification("notifications/initialized", {}),
  );
  if (confirmed.status >= 300) throw refusal(server, confirmed);
  return session;
}

export function sessionHeaders(session: Pick<Session, "id" | "version">): string[] {
  const headers: string[] = [HEADER.protocolVersion, session.version];
  return session.id === undefined ? headers : [...headers, HEADER.sessionId, session.id];
}

/** For every transport of the 2025 era. */
export function readInitialize(
  server: string,
  reply: Reply,
): { version: string; introduction: Introduction } {
  const { value } = reply;
  if (reply.kind === "error") {
    const { code, message } = value;
    throw new UpstreamError(
      "upstream_rejected",
      server,
      "rejected",
      `Upstream "${server}" rejected the handshake: ${typeof message === "string" ? message.slice(0, 200) : JSON.stringify(code)}.`,
      { details: { rpc_code: code }, retryable: false },
    );
  }
  const version = stringAt(value, "protocolVersion");
  if (version === undefined || !VERSIONS_OF_2025.some((known) => known === version)) {
    throw new UpstreamError(
      "upstream_protocol_error",
      server,
      "rejected",
      `Upstream "${server}" answered the handshake with protocol version ${JSON.stringify(version ?? null).slice(0, 64)}, which is not supported.`,
      { retryable: false },
    );
  }
  const { capabilities, serverInfo } = value;
  return {
    version,
    introduction: {
      capabilities: isJsonObject(capabilities) ? capabilities : {},
      serverInfo: isJsonObject(serverInfo) ? serverInfo : {},
      instructions: stringAt(value, "instructions"),
    },
  };
}
