import { once } from "node:events";
import {
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
  createServer,
} from "node:http";
import type { AddressInfo } from "node:net";

import { type NodeIncomingMessageLike, toNodeHandler } from "@modelcontextprotocol/node";
import { McpServer as ServerV1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { McpServer as ServerV2, createMcpHandler } from "@modelcontextprotocol/server";
import { z } from "zod";

const TEXT = (text: string) => ({ content: [{ type: "text" as const, text }] });

function v1Server(): ServerV1 {
  const server = new ServerV1({ name: "v1", version: "1.0.0" }, { instructions: "From the SDK." });
  server.registerTool(
    "add",
    { description: "Adds.", inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => TEXT(String(a + b)),
  );
  server.registerTool("count", { description: "Counts." }, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? 0;
    for (const progress of [1, 2, 3])
      await sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
    return TEXT("counted");
  });
  server.registerPrompt("greet", { description: "Greets." }, () => ({
    messages: [{ role: "user", content: { type: "text", text: "Hello" } }],
  }));
  server.registerResource("note", "note://one", {}, () => ({
    contents: [{ uri: "note://one", text: "a note" }],
  }));
  return server;
}

function v2Server(): ServerV2 {
  const server = new ServerV2({ name: "v2", version: "2.0.0" }, { instructions: "From the SDK." });
  server.registerTool(
    "add",
    { description: "Adds.", inputSchema: z.object({ a: z.number(), b: z.number() }) },
    ({ a, b }) => TEXT(String(a + b)),
  );
  server.registerTool("count", { description: "Counts." }, async (context) => {
    const { _meta, notify } = context.mcpReq;
    const progressToken = _meta?.progressToken ?? 0;
    for (const progress of [1, 2, 3])
      await notify({ method: "notifications/progress", params: { progressToken, progress } });
    return TEXT("counted");
  });
  server.registerPrompt("greet", { description: "Greets." }, () => ({
    messages: [{ role: "user", content: { type: "text", text: "Hello" } }],
  }));
  server.registerResource("note", "note://one", {}, () => ({
    contents: [{ uri: "note://one", text: "a note" }],
  }));
  return server;
}

/** A server of the SDK on a port of its own. */
export interface SdkUpstream {
  readonly url: string;
  readonly type: "http" | "sse";
  changeTools?(): void;
  close(): Promise<void>;
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<{ http: HttpServer; origin: string }> {
  const http = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  return { http, origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

async function stop(http: HttpServer): Promise<void> {
  http.close();
  http.closeAllConnections();
  await once(http, "close");
}

export async function startV2(legacy: "stateless" | "reject"): Promise<SdkUpstream> {
  const handler = createMcpHandler(v2Server, { legacy });
  const serve = toNodeHandler(handler);
  const { http, origin } = await listen(async (request, response) =>
    serve(request as NodeIncomingMessageLike, response),
  );
  return {
    url: `${origin}/mcp`,
    type: "http",
    changeTools: () => handler.notify.toolsChanged(),
    close: async () => {
      await handler.close();
      await stop(http);
    },
  };
}

/** Keeps sessions, as the documentation of the SDK shows it. */
export async function startV1(port = 0): Promise<SdkUpstream> {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: ServerV1 }>();
  let count = 0;
  const { http, origin } = await listen(async (request, response) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    if (known !== undefined) return known.transport.handleRequest(request, response);
    if (request.headers["mcp-session-id"] !== undefined) return void response.writeHead(404).end();
    const server = v1Server();
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => `session-${++count}`,
      onsessioninitialized: (id) => void sessions.set(id, { transport, server }),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await server.connect(transport);
    await transport.handleRequest(request, response);
  }, port);
  return {
    url: `${origin}/mcp`,
    type: "http",
    changeTools: () => sessions.forEach(({ server }) => server.sendToolListChanged()),
    close: () => stop(http),
  };
}

export async function startSse(): Promise<SdkUpstream> {
  const transports = new Map<string, SSEServerTransport>();
  const servers: ServerV1[] = [];
  const { http, origin } = await listen(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "POST")
      return transports.get(url.searchParams.get("sessionId") ?? "")?.handlePostMessage(request, response);
    const transport = new SSEServerTransport("/messages", response);
    transports.set(transport.sessionId, transport);
    const server = v1Server();
    servers.push(server);
    await server.connect(transport);
  });
  return {
    url: `${origin}/sse`,
    type: "sse",
    changeTools: () => servers.forEach((server) => server.sendToolListChanged()),
    close: () => stop(http),
  };
}
