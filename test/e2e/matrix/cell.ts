import { StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import type { Answers, AskingClient } from "../../support/asking-client.ts";
import { askingV1 } from "../../support/asking-v1.ts";
import { askingV2 } from "../../support/asking-v2.ts";
import { MAIN, type Gateway } from "../../support/gateway.ts";
import type { Ledger } from "../../support/ledger.ts";
import { type MatrixUpstream, type Wire, isStdio } from "../../support/matrix-upstream.ts";

export const CLIENTS = ["SDK v1", "SDK v2 legacy", "SDK v2 2026", "switchgear stdio"] as const;
export type ClientName = (typeof CLIENTS)[number];
export type Era = "2025" | "2026";
/** Straight to the fixture; through the gateway at the fixture's own endpoint; or at the endpoint of everything. */
export type Way = "direct" | "server" | "all";

/** One client in front of one upstream, on one way. */
export interface Cell {
  readonly client: ClientName;
  readonly wire: Wire;
  readonly way: Way;
  readonly clientEra: Era;
  /** What the upstream is spoken to in: its only era, or the client's. */
  readonly upstreamEra: Era;
  /** What a list of this upstream shows: a gateway reads the lists of an upstream with both eras in the newer one. */
  readonly listEra: Era;
  readonly ledger: Ledger;
  /** A client that answers whatever is asked; shared by the rows of one column. */
  readonly willing: AskingClient;
  /** Another client of the same kind; whoever opens it closes it. */
  open(answers: Answers): Promise<AskingClient>;
  /** How the endpoint calls a tool or prompt of this upstream. */
  name(name: string): string;
  /** How the endpoint calls a resource of this upstream. */
  uri(uri: string): string;
}

export function eraOf(client: ClientName): Era {
  return client === "SDK v2 2026" ? "2026" : "2025";
}

export function upstreamEra(wire: Wire, client: ClientName): Era {
  if (wire.startsWith("dual")) return eraOf(client);
  return wire.startsWith("2026") ? "2026" : "2025";
}

export function listEra(wire: Wire, client: ClientName, way: Way): Era {
  return way !== "direct" && wire.startsWith("dual") ? "2026" : upstreamEra(wire, client);
}

/** Why this client cannot speak to this fixture without a gateway in between; nothing when it can. */
export function notDirect(client: ClientName, wire: Wire): string | undefined {
  if (client === "switchgear stdio") return "the bridge speaks to a gateway only";
  if (wire.startsWith("2026") && eraOf(client) === "2025") return "the fixture speaks 2026 only";
  if (!wire.startsWith("2026") && !wire.startsWith("dual") && eraOf(client) === "2026")
    return "the fixture speaks 2025 only";
  if (wire === "sse" && client !== "SDK v1") return "one SDK client is enough to prove the fixture on SSE";
  return undefined;
}

export async function connectDirect(
  client: ClientName,
  upstream: MatrixUpstream,
  answers: Answers,
): Promise<AskingClient> {
  const { command, args } = upstream.command;
  const child = { command, args: [...args], stderr: "ignore" as const };
  if (client === "SDK v1") {
    if (isStdio(upstream.wire)) return await askingV1(new StdioV1(child), answers);
    const url = new URL(upstream.url);
    return await askingV1(upstream.wire === "sse" ? new SSEClientTransport(url) : new HttpV1(url), answers);
  }
  const transport = isStdio(upstream.wire) ? new StdioV2(child) : new HttpV2(new URL(upstream.url));
  return await askingV2(transport, client === "SDK v2 2026" ? { pin: "2026-07-28" } : "legacy", answers);
}

export async function connectThrough(
  client: ClientName,
  gateway: Gateway,
  server: string | undefined,
  answers: Answers,
): Promise<AskingClient> {
  if (client === "switchgear stdio") {
    const single = server === undefined ? [] : ["--server", server];
    const args = [MAIN, "stdio", "--data-dir", gateway.dataDir, ...single];
    return await askingV1(new StdioV1({ command: process.execPath, args, stderr: "ignore" }), answers);
  }
  const url = new URL(gateway.endpoint(server));
  const requestInit = { headers: gateway.headers };
  if (client === "SDK v1") return await askingV1(new HttpV1(url, { requestInit }), answers);
  const mode = client === "SDK v2 2026" ? { pin: "2026-07-28" } : "legacy";
  return await askingV2(new HttpV2(url, { requestInit }), mode, answers);
}
