import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";

import { createApp } from "./app.ts";
import { refuseBrokenRequest } from "./broken-request.ts";
import type { HttpDeps } from "./deps.ts";
import { sendProblem, toProblem } from "./problem.ts";
import { requestIds } from "./request-id.ts";

export { drained } from "./drain.ts";
export type { HttpDeps } from "./deps.ts";

/**
 * The listener. `/mcp` is the hot path and is dispatched before Express, which would cost half of the throughput;
 * all else is REST. Whoever closes the server also ends its open streams.
 */
export function createHttpServer(deps: HttpDeps): Server {
  const { guard, mcp, limits, metrics } = deps;
  const idOf = requestIds();
  const app = createApp(deps);
  const answerMcp = (request: IncomingMessage, response: ServerResponse, requestId: string): boolean => {
    const started = performance.now();
    if (!mcp(request, response, requestId)) return false;
    const meter = metrics.httpMeter("/mcp", request.method ?? "");
    response.once("close", () => meter.observe(response.statusCode, (performance.now() - started) / 1_000));
    return true;
  };
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      // Node's name is misleading: it ends when the request was received, so it never cuts an answer.
      requestTimeout: limits.headersMs + limits.bodyMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersMs),
      keepAliveTimeout: limits.keepAliveMs,
    },
    (request, response) => {
      const requestId = idOf(request.headers["x-request-id"]);
      try {
        guard.check(request.headers);
        // MCP writes the id with its other headers: a header that is set on its own makes all of them dearer.
        if (isMcp(request.url) && answerMcp(request, response, requestId)) return;
        response.setHeader("x-request-id", requestId);
        app(request, response);
      } catch (error) {
        sendProblem(response, toProblem(error, requestId));
      }
    },
  );
  server.on("clientError", refuseBrokenRequest);
  return server;
}

function isMcp(url: string | undefined): boolean {
  if (url?.startsWith("/mcp") !== true) return false;
  const next = url.charCodeAt(4);
  // End, "/" or "?".
  return Number.isNaN(next) || next === 0x2f || next === 0x3f;
}
