import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { type Era, META, VERSION_2026 } from "../../domain/protocol.ts";
import { encodeNotification, encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import type { Connection, UpstreamCall } from "../connection.ts";
import type { Channel } from "./channel.ts";
import type { Child } from "./child.ts";
import type { ClientInfo, Introduction } from "./handshake.ts";

interface StdioConnectionDeps {
  readonly channel: Channel;
  readonly child: Child;
  readonly introduction: Introduction;
  readonly clientInfo: ClientInfo;
}

/** A child that has shaken hands. Lives in one era: a child of both is pinned by its first message. */
export class StdioConnection implements Connection {
  readonly era: Era;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
  readonly #channel: Channel;
  readonly #child: Child;
  readonly #clientInfo: ClientInfo;

  constructor(deps: StdioConnectionDeps) {
    this.era = deps.introduction.era;
    this.capabilities = deps.introduction.capabilities;
    this.serverInfo = deps.introduction.serverInfo;
    this.instructions = deps.introduction.instructions;
    this.#channel = deps.channel;
    this.#child = deps.child;
    this.#clientInfo = deps.clientInfo;
    if (this.era === "2026") this.#listen();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The end of what the child wrote to stderr (at most 64 KiB), and lines on stdout that were no messages. */
  get stderrTail(): string {
    return this.#child.stderr.text;
  }

  call(call: UpstreamCall): Promise<Reply> {
    const id = this.#channel.nextId();
    return this.#channel.request(id, encodeRequest(id, call.method, this.#paramsOf(call, id)), call);
  }

  notify(method: string, params: JsonObject): void {
    this.#channel.post(encodeNotification(method, params));
  }

  /** Ends the child and all that it started; settles when they are gone. Calls in flight fail. */
  async close(): Promise<void> {
    this.#channel.end({ code: "disconnected", reason: "the connection was closed" });
    await this.#child.stop();
  }

  #paramsOf(call: UpstreamCall, id: number): JsonObject {
    const progress = call.onProgress === undefined ? {} : { progressToken: id };
    if (this.era === "2025") {
      return call.onProgress === undefined ? call.params : withMeta(call.params, progress);
    }
    return withMeta(call.params, { ...progress, ...this.#envelope(call.envelope) });
  }

  #envelope(caller: UpstreamCall["envelope"]): JsonObject {
    return {
      [META.protocolVersion]: VERSION_2026,
      [META.clientCapabilities]: caller?.capabilities ?? {},
      [META.clientInfo]: caller?.clientInfo ?? { ...this.#clientInfo },
      ...(caller?.logLevel === undefined ? {} : { [META.logLevel]: caller.logLevel }),
    };
  }

  /** Since 2026-07-28 changes of the lists are told only to those who listen. The answer comes at the end, so nobody waits for it. */
  #listen(): void {
    const notifications: JsonObject = {
      ...(changes(this.capabilities, "tools") ? { toolsListChanged: true } : {}),
      ...(changes(this.capabilities, "prompts") ? { promptsListChanged: true } : {}),
      ...(changes(this.capabilities, "resources") ? { resourcesListChanged: true } : {}),
    };
    if (Object.keys(notifications).length === 0) return;
    const params = { _meta: this.#envelope(undefined), notifications };
    this.#channel.post(encodeRequest(this.#channel.nextId(), "subscriptions/listen", params));
  }
}

function withMeta(params: JsonObject, added: JsonObject): JsonObject {
  const { _meta: meta } = params;
  return { ...params, _meta: isJsonObject(meta) ? { ...meta, ...added } : added };
}

function changes(capabilities: JsonObject, list: string): boolean {
  const capability = capabilities[list];
  return isJsonObject(capability) && capability["listChanged"] === true;
}
