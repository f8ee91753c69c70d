import { type Exchange, McpUpstream, openSse, sseMessage } from "../mcp-upstream.ts";

/** A server of protocol 2024-11-05: posts are accepted, answers come on the one stream. */
export class SseUpstream {
  readonly mcp: McpUpstream;
  stream: Exchange | undefined;

  private constructor(mcp: McpUpstream) {
    this.mcp = mcp;
  }

  static async start(endpoint = "/messages?session=1"): Promise<SseUpstream> {
    const upstream = new SseUpstream(await McpUpstream.start());
    upstream.mcp.on("GET", (exchange) => {
      upstream.stream = exchange;
      openSse(exchange);
      exchange.response.write(`event: endpoint\ndata: ${endpoint}\n\n`);
    });
    return upstream
      .on("initialize", (exchange) =>
        upstream.say({
          id: exchange.id,
          result: { protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo: { name: "old" } },
        }),
      )
      .on("tools/call", (exchange) =>
        upstream.say({ id: exchange.id, result: { echo: exchange.params["name"] } }),
      );
  }

  /** The post is accepted before the answer comes. */
  on(method: string, answer: (exchange: Exchange) => void): this {
    this.mcp.on(method, (exchange) => {
      exchange.response.writeHead(202).end("Accepted");
      answer(exchange);
    });
    return this;
  }

  say(message: object): void {
    if (this.stream !== undefined) sseMessage(this.stream, message);
  }

  cut(): void {
    this.stream?.response.destroy();
  }
}
