import { type Exchange, openSse, result, rpcError, sseMessage } from "../mcp-upstream.ts";

const MB = 1024 * 1024;

/** Something that an upstream does wrong in answer to a call, and what the caller must hear. */
export interface Fault {
  readonly name: string;
  readonly does: (exchange: Exchange) => void;
  readonly code: string;
  readonly outcome: "not_sent" | "rejected" | "unknown";
  readonly says?: RegExp;
}

function body(text: string | Buffer, type = "application/json", status = 200): (exchange: Exchange) => void {
  return ({ response }) => response.writeHead(status, { "content-type": type }).end(text);
}

export function endless({ response }: Exchange, type: string, chunk: string): void {
  response.writeHead(200, { "content-type": type });
  const more = (): void => {
    if (!response.destroyed) response.write(chunk, () => setImmediate(more));
  };
  more();
}

/** With limits of 2 MB for a reply, 64 KiB for an event and 50 notifications for a call. */
export const FAULTS: readonly Fault[] = [
  {
    name: "a connection that is cut before the answer",
    does: ({ response }) => response.destroy(),
    code: "upstream_broken",
    outcome: "unknown",
  },
  {
    name: "a JSON body that is cut",
    does: ({ response }) => {
      response
        .writeHead(200, { "content-type": "application/json", "content-length": "1000" })
        .write('{"jsonrpc":"2.0",');
      setTimeout(() => response.destroy(), 10);
    },
    code: "upstream_broken",
    outcome: "unknown",
  },
  {
    name: "a stream that is cut",
    does: (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { method: "notifications/message", params: {} });
      setTimeout(() => exchange.response.destroy(), 10);
    },
    code: "upstream_broken",
    outcome: "unknown",
  },
  {
    name: "a stream that ends politely without an answer",
    does: (exchange) => {
      openSse(exchange);
      exchange.response.end();
    },
    code: "upstream_broken",
    outcome: "unknown",
    says: /without an answer/,
  },
  {
    name: "an answer with a wrong id",
    does: (exchange) => result({ ...exchange, id: 999_999 }, { stolen: true }),
    code: "upstream_broken",
    outcome: "unknown",
    says: /wrong id/,
  },
  {
    name: "an answer whose id is the right number as text",
    does: (exchange) => result({ ...exchange, id: String(exchange.id) }, {}),
    code: "upstream_broken",
    outcome: "unknown",
    says: /wrong id/,
  },
  {
    name: "a stream with nothing but an answer with a wrong id",
    does: (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id: 999_999, result: { stolen: true } });
      exchange.response.end();
    },
    code: "upstream_broken",
    outcome: "unknown",
    says: /wrong id/,
  },
  {
    name: "a 50 MB body",
    does: body("x".repeat(50 * MB)),
    code: "upstream_reply_too_large",
    outcome: "unknown",
  },
  {
    name: "an endless body",
    does: (exchange) => endless(exchange, "application/json", " ".repeat(64 * 1024)),
    code: "upstream_reply_too_large",
    outcome: "unknown",
  },
  {
    name: "an endless event",
    does: (exchange) => endless(exchange, "text/event-stream", `data: ${"x".repeat(64 * 1024)}\n`),
    code: "upstream_reply_too_large",
    outcome: "unknown",
  },
  {
    name: "a notification that is too large",
    does: (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { method: "notifications/message", params: { data: "x".repeat(100_000) } });
    },
    code: "upstream_reply_too_large",
    outcome: "unknown",
  },
  {
    name: "a flood of notifications",
    does: (exchange) =>
      endless(
        exchange,
        "text/event-stream",
        'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'.repeat(20),
      ),
    code: "upstream_protocol_error",
    outcome: "unknown",
    says: /more than 50 messages/,
  },
  {
    name: "a flood of answers with wrong ids",
    does: (exchange) =>
      endless(exchange, "text/event-stream", 'data: {"jsonrpc":"2.0","id":-1,"result":{}}\n\n'.repeat(20)),
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  { name: "garbage", does: body("%&/()="), code: "upstream_protocol_error", outcome: "unknown" },
  { name: "an empty body", does: body(""), code: "upstream_protocol_error", outcome: "unknown" },
  {
    name: "half a JSON text",
    does: ({ id, response }) => body(`{"jsonrpc":"2.0","id":${id},"result":{`)({ response } as Exchange),
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "JSON that is no message",
    does: body('{"ok":true}'),
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "a request instead of an answer",
    does: body('{"jsonrpc":"2.0","id":1,"method":"ping"}'),
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  { name: "a batch", does: body("[]"), code: "upstream_protocol_error", outcome: "unknown" },
  {
    name: "bytes that are no UTF-8",
    does: ({ id, response }) => {
      const text = Buffer.concat([
        Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"a":"`),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}}'),
      ]);
      body(text)({ response } as Exchange);
    },
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "garbage in a stream",
    does: (exchange) => {
      openSse(exchange);
      exchange.response.write("data: not json\n\n");
    },
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "a notification that is nested too deeply",
    does: (exchange) => {
      openSse(exchange);
      exchange.response.write(
        `data: {"jsonrpc":"2.0","method":"m","params":{"a":${"[".repeat(1_000)}${"]".repeat(1_000)}}}\n\n`,
      );
    },
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "a web page",
    does: body("<html>hello</html>", "text/html"),
    code: "upstream_protocol_error",
    outcome: "unknown",
    says: /text\/html/,
  },
  {
    name: "no content type",
    does: ({ response }) => response.writeHead(200).end("{}"),
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "202 without an answer",
    does: ({ response }) => response.writeHead(202).end(),
    code: "upstream_protocol_error",
    outcome: "unknown",
  },
  {
    name: "a redirect",
    does: ({ response, request }) =>
      response.writeHead(307, { location: `http://${request.headers.host}/elsewhere` }).end(),
    code: "upstream_protocol_error",
    outcome: "rejected",
    says: /redirects are not followed/,
  },
  {
    name: "401",
    does: body("{}", "application/json", 401),
    code: "upstream_auth_required",
    outcome: "rejected",
  },
  {
    name: "403 with a JSON-RPC error",
    does: (exchange) => rpcError(exchange, -32000, "no", 403),
    code: "upstream_auth_required",
    outcome: "rejected",
  },
  { name: "404", does: body("not found", "text/plain", 404), code: "upstream_rejected", outcome: "rejected" },
  { name: "405", does: body("", "text/plain", 405), code: "upstream_rejected", outcome: "rejected" },
  { name: "413", does: body("", "text/plain", 413), code: "upstream_rejected", outcome: "rejected" },
  { name: "429", does: body("", "text/plain", 429), code: "upstream_rejected", outcome: "rejected" },
  {
    name: "500",
    does: body("<h1>oops</h1>", "text/html", 500),
    code: "upstream_broken",
    outcome: "unknown",
    says: /HTTP status 500/,
  },
  {
    name: "500 with somebody else's answer",
    does: (exchange) => rpcError({ ...exchange, id: 999_999 }, -1, "x", 500),
    code: "upstream_broken",
    outcome: "unknown",
  },
  { name: "503", does: body("", "text/plain", 503), code: "upstream_broken", outcome: "unknown" },
];
