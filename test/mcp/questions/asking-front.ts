import { createCache } from "../../../src/cache/cache.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { Limits } from "../../../src/domain/limits.ts";
import { META } from "../../../src/domain/protocol.ts";
import { ToolProxy } from "../../../src/proxy/proxy.ts";
import type { UpstreamCall } from "../../../src/upstream/upstream.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { FrontHarness, tool } from "../../support/mcp-front.ts";

export interface Rpc {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: JsonObject;
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
}

const ALL_CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

/** The messages of an answer, as they come: one JSON object, or the events of a stream. */
export class Messages {
  readonly all: Rpc[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(response: Response) {
    this.#read(response).then(
      () => this.#end(),
      () => this.#end(),
    );
  }

  /** The first one that is so, now or later; nothing when the answer ends without. */
  async find(isMeant: (message: Rpc) => boolean): Promise<Rpc | undefined> {
    for (;;) {
      const found = this.all.find(isMeant);
      if (found !== undefined || this.#isOver) return found;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  async question(message?: string): Promise<Rpc> {
    const isMeant = ({ id, method, params }: Rpc): boolean =>
      id !== undefined && method !== undefined && (message === undefined || params?.["message"] === message);
    return (await this.find(isMeant)) ?? {};
  }

  async answer(): Promise<Rpc> {
    return (await this.find(({ result, error }) => result !== undefined || error !== undefined)) ?? {};
  }

  async over(): Promise<readonly Rpc[]> {
    await this.find(() => false);
    return this.all;
  }

  #end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async #read(response: Response): Promise<void> {
    const isStream = response.headers.get("content-type") === "text/event-stream";
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (!isStream) continue;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const data = /^data: ?(\S.*)$/m.exec(text.slice(0, end))?.[1];
        if (data !== undefined) this.#add(data);
        text = text.slice(end + 2);
      }
    }
    if (!isStream && text !== "") this.#add(text);
  }

  #add(json: string): void {
    this.all.push(JSON.parse(json) as Rpc);
    this.#wake?.();
  }
}

/** The front and the proxy, both real; the upstream is a function that remembers its calls. */
export class AskingFront {
  readonly front: FrontHarness;
  readonly sent: UpstreamCall[] = [];
  upstream: (call: UpstreamCall) => Promise<Reply> | Reply = () => Reply.of("result", {}, "2025");
  readonly #proxy: ToolProxy;

  static async start(limits: Partial<Limits> = {}): Promise<AskingFront> {
    const asking = new AskingFront(await FrontHarness.start(limits));
    const resources = [{ uri: "inbox://all", name: "inbox" }];
    await asking.front.offer("mail", { tools: [tool("send")], prompts: [{ name: "reply" }], resources });
    return asking;
  }

  private constructor(front: FrontHarness) {
    this.front = front;
    this.#proxy = new ToolProxy({
      call: async (_server, call) => {
        this.sent.push(call);
        call.onSent?.();
        return this.upstream(call);
      },
      serverOf: (name) => front.registry.findServer(name),
      ping: async () => {},
      meterOf: () => ({ observe: () => {} }),
      onBreaker: () => {},
      onRetry: () => {},
      onCache: () => {},
      cache: createCache({ maxEntries: 100, maxBytes: 1_000_000 }),
      limits: { callMs: 2_000, callMaxMs: 4_000 },
      attempts: 2,
      concurrency: { http: 4, stdio: 2 },
    });
    front.answer = async (call) => (await this.#proxy.callTool(call)).reply;
    front.forward = ({ server, method, params, context }) =>
      this.#proxy.forward(server, method, params, context);
  }

  reset(): void {
    this.sent.length = 0;
  }

  async close(): Promise<void> {
    this.#proxy.close();
    await this.front.close();
  }

  /** A session of a 2025 client with these capabilities; the headers that name it. */
  async session(capabilities: JsonObject = ALL_CAPABILITIES, who = "anna"): Promise<Record<string, string>> {
    const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "t", version: "1" } };
    const body = { jsonrpc: "2.0", id: 0, method: "initialize", params };
    const authorization = `Bearer ${who}`;
    const response = await this.front.post(body, { authorization });
    return { "mcp-session-id": response.headers.get("mcp-session-id") ?? "", authorization };
  }

  async legacy(
    session: Record<string, string>,
    params: JsonObject = { name: "mail__send" },
    method = "tools/call",
    signal?: AbortSignal,
  ): Promise<Messages> {
    const body = { jsonrpc: "2.0", id: `req-${method}`, method, params };
    return new Messages(await this.front.post(body, session, "/mcp", signal));
  }

  /** The client's answer to a question; the HTTP status that it gets. */
  async respond(session: Record<string, string>, id: Rpc["id"], result: JsonObject): Promise<number> {
    return (await this.front.post({ jsonrpc: "2.0", id, result }, session)).status;
  }

  /** A request of a 2026 client that can be asked everything. */
  async modern(
    params: JsonObject,
    method = "tools/call",
    meta: JsonObject = {},
    who = "anna",
  ): Promise<Messages> {
    const _meta = { [META.clientCapabilities]: ALL_CAPABILITIES, ...meta };
    const headers = { authorization: `Bearer ${who}` };
    return new Messages(await this.front.modern(method, { ...params, _meta }, headers));
  }
}

/** Asks the way an upstream of 2025 does, and tells the client what it heard. */
export async function asks(call: UpstreamCall, ...messages: readonly string[]): Promise<Reply> {
  const heard: JsonObject[] = [];
  for (const message of messages) {
    const params = { message, requestedSchema: { type: "object", properties: {} } };
    const reply = await call.onRequest?.({ method: "elicitation/create", params, signal: call.signal });
    heard.push(reply?.value ?? {});
  }
  return Reply.of("result", { content: [{ type: "text", text: JSON.stringify(heard) }] }, "2025");
}

/** What the upstream heard, from the call's result. */
export function heardBy({ result }: Rpc): unknown {
  const [first] = (result?.["content"] ?? []) as readonly { readonly text: string }[];
  return first === undefined ? undefined : JSON.parse(first.text);
}
