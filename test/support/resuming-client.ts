import { GatewayError } from "../../src/domain/errors.ts";
import type { ToolCall } from "../../src/proxy/proxy.ts";
import { Reply } from "../../src/wire/reply.ts";
import { until } from "./child-processes.ts";
import { OpenStream } from "./event-stream.ts";
import { withResolvers } from "./manual-clock.ts";
import type { Json } from "./mcp-clients.ts";
import { FrontHarness, tool } from "./mcp-front.ts";

export const RESUME_MS = 300;

/** A call that a test lets report progress, and end. */
class HeldCall {
  readonly #answer = withResolvers<Reply>();
  call: ToolCall | undefined;
  isAborted = false;

  readonly run = (call: ToolCall): Promise<Reply> => {
    this.call = call;
    call.signal.addEventListener("abort", () => {
      this.isAborted = true;
      this.#answer.reject(new GatewayError("cancelled", "The caller has left."));
    });
    return this.#answer.promise;
  };

  progress(progress: number): void {
    this.call?.onProgress?.({ progress });
  }

  end(text = "done"): void {
    this.#answer.resolve(Reply.of("result", { content: [{ type: "text", text }] }, "2025"));
  }
}

/** A client of the 2025 era by hand, whose calls a test holds and whose streams it cuts. */
export class ResumingClient {
  readonly harness: FrontHarness;
  readonly held = new HeldCall();
  session = "";
  version = "2025-11-25";

  private constructor(harness: FrontHarness) {
    this.harness = harness;
    harness.answer = this.held.run;
  }

  static async start(): Promise<ResumingClient> {
    const limits = { resumeMs: RESUME_MS, keepAliveMs: 60, sessionEventBytes: 2_000 };
    const harness = await FrontHarness.start(limits);
    await harness.offer("mail", { tools: [tool("send")], capabilities: { tools: {} } });
    const client = new ResumingClient(harness);
    await client.initialize();
    return client;
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: this.version, capabilities: {}, clientInfo };
    const opened = await this.harness.post({ jsonrpc: "2.0", id: 0, method: "initialize", params });
    this.session = opened.headers.get("mcp-session-id") ?? "";
  }

  get headers(): Record<string, string> {
    return {
      authorization: "Bearer anna",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-session-id": this.session,
      "mcp-protocol-version": this.version,
    };
  }

  /** Resolves with the head of the answer, which may take until the stream is kept alive. */
  async quietCall(id: number | string = 1, _meta: Json = {}): Promise<OpenStream> {
    const body = { jsonrpc: "2.0", id, method: "tools/call", params: { name: "mail__send", _meta } };
    return OpenStream.open(`${this.harness.url}/mcp`, { method: "POST", headers: this.headers, body });
  }

  async underWay(): Promise<void> {
    await until("the call is under way", () => this.held.call !== undefined);
  }

  /** Its answer begins with the first progress. */
  async call(id: number | string = 1): Promise<OpenStream> {
    const opened = this.quietCall(id, { progressToken: "mine" });
    await this.underWay();
    this.held.progress(1);
    return opened;
  }

  get(lastId?: string): Promise<OpenStream> {
    const more = lastId === undefined ? {} : { "last-event-id": lastId };
    return OpenStream.open(`${this.harness.url}/mcp`, {
      method: "GET",
      headers: { ...this.headers, ...more },
    });
  }

  /** DELETE. */
  end(): Promise<Response> {
    return fetch(`${this.harness.url}/mcp`, { method: "DELETE", headers: this.headers });
  }

  notify(method: string, params: object): Promise<Response> {
    return this.harness.post({ jsonrpc: "2.0", method, params }, { "mcp-session-id": this.session });
  }
}

export function progressOf(stream: OpenStream): readonly unknown[] {
  return stream.messages.map((message) => (message["params"] as { progress?: number } | undefined)?.progress);
}
