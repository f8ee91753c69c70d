import type { Json, JsonObject } from "../domain/json.ts";
import { META, VERSION_2025, VERSION_2026 } from "../domain/protocol.ts";
import type { ClientSelf } from "./connection.ts";

export interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

/** Client capabilities that the protocol knows. What is in them is the client's own. */
const CAPABILITIES = ["experimental", "extensions", "roots", "sampling", "elicitation", "tasks"] as const;

/** The params of `initialize`: what the upstream is told of those who will use the connection. */
export function initializeParams(own: ClientInfo, client: ClientSelf): JsonObject {
  return {
    protocolVersion: VERSION_2025,
    capabilities: known(client.capabilities),
    clientInfo: clientInfoOf(own, client),
  };
}

/** The envelope of a 2026 request for which its caller has brought none. */
export function ownEnvelope(own: ClientInfo, client: ClientSelf): JsonObject {
  return {
    [META.protocolVersion]: VERSION_2026,
    [META.clientCapabilities]: client.capabilities,
    [META.clientInfo]: clientInfoOf(own, client),
    ...(client.logLevel === undefined ? {} : { [META.logLevel]: client.logLevel }),
  };
}

function known(capabilities: JsonObject): JsonObject {
  const declared: Record<string, Json> = {};
  for (const name of CAPABILITIES) {
    const capability = capabilities[name];
    if (capability !== undefined) declared[name] = capability;
  }
  return declared;
}

function clientInfoOf(own: ClientInfo, { clientInfo }: ClientSelf): JsonObject {
  return clientInfo ?? { ...own };
}
