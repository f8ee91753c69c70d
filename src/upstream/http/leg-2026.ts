import type { JsonObject } from "../../domain/json.ts";
import { META, VERSION_2026 } from "../../domain/protocol.ts";
import type { ExchangeOptions, HttpAnswer } from "../../wire/http-exchange.ts";
import { HEADER, encodeHeaderValue, nameOf } from "../../wire/mcp-headers.ts";
import { encodeNotification, encodeRequest, parseMessage } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import type { SseEvent } from "../../wire/sse.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { listChangedMethod, reportedLists } from "../list-changes.ts";
import { ownEnvelope } from "./discover.ts";
import { EventStream } from "./event-stream.ts";
import { type HttpPlan, HttpTarget } from "./http-target.ts";
import type { Introduction } from "./initialize.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

const LISTEN = "subscriptions/listen";

/** Streamable HTTP of 2026-07-28: no session, each request stands alone, and closing its stream cancels it. */
export class Leg2026 implements Connection, Inbox {
  readonly era = "2026";
  readonly sessionful = false;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
  readonly #target: HttpTarget;
  readonly #events: ConnectionEvents;
  readonly #headers: readonly string[];
  readonly #ownMeta: JsonObject;
  readonly #ownMetaText: string;
  readonly #stream: EventStream | undefined;
  #lastId = 0;
  #closed = false;

  constructor(plan: HttpPlan, events: ConnectionEvents, introduction: Introduction) {
    this.capabilities = introduction.capabilities;
    this.serverInfo = introduction.serverInfo;
    this.instructions = introduction.instructions;
    this.#target = new HttpTarget(plan);
    this.#events = events;
    this.#headers = this.#target.postHeaders([HEADER.protocolVersion, VERSION_2026]);
    this.#ownMeta = ownEnvelope(plan.clientInfo);
    this.#ownMetaText = JSON.stringify(this.#ownMeta);
    this.#stream = plan.listen && reportedLists(this.capabilities).length > 0 ? this.#listen() : undefined;
    this.#stream?.start();
  }

  async call(call: UpstreamCall): Promise<Reply> {
    const id = ++this.#lastId;
    const { server, limits } = this.#target;
    const rpc = new RpcCall(id, call, { server, era: "2026", limits, inbox: this });
    const body = this.#bodyOf(call, id);
    return rpc.finish(
      await this.#target.post(rpc, this.#headersOf(call.method, call.params, call.headers), body),
    );
  }

  notify(method: string, params: JsonObject): void {
    if (this.#closed) return;
    const options = { server: this.#target.server, maxBytes: 65_536 };
    const body = encodeNotification(method, {
      ...params,
      _meta: { ...(params["_meta"] as JsonObject | undefined), ...this.#ownMeta },
    });
    this.#target.post(options, this.#headersOf(method, params, undefined), body).catch(() => undefined);
  }

  /** There are no requests to the client in this era. */
  onRequest(): void {}

  onNotification(method: string, params: JsonObject): void {
    this.#events.onNotification(method, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream?.close();
  }

  /** The usual request has nothing of its own in `_meta`: then the envelope is put in as the text that it always is. */
  #bodyOf(call: UpstreamCall, id: number): string {
    const { method, params, envelope, onProgress } = call;
    if (params["_meta"] !== undefined || envelope !== undefined || onProgress !== undefined) {
      return encodeRequest(id, method, { ...params, _meta: this.#metaOf(call, id) });
    }
    return `${encodeRequest(id, method, params).slice(0, -2)}${isEmpty(params) ? "" : ","}"_meta":${this.#ownMetaText}}}`;
  }

  #metaOf({ params, envelope, onProgress }: UpstreamCall, id: number): JsonObject {
    return {
      ...(params["_meta"] as JsonObject | undefined),
      ...this.#ownMeta,
      ...(envelope === undefined ? {} : { [META.clientCapabilities]: envelope.capabilities }),
      ...(envelope?.clientInfo === undefined ? {} : { [META.clientInfo]: envelope.clientInfo }),
      ...(envelope?.logLevel === undefined ? {} : { [META.logLevel]: envelope.logLevel }),
      ...(onProgress === undefined ? {} : { progressToken: id }),
    };
  }

  #headersOf(
    method: string,
    params: JsonObject,
    more: Readonly<Record<string, string>> | undefined,
  ): string[] {
    const headers = [...this.#headers, HEADER.method, method];
    const name = nameOf(method, params);
    if (name !== undefined) headers.push(HEADER.name, encodeHeaderValue(name));
    if (more !== undefined) for (const [key, value] of Object.entries(more)) headers.push(key, value);
    return headers;
  }

  #listen(): EventStream {
    return new EventStream({
      server: this.#target.server,
      limits: this.#target.limits,
      open: (options) => this.#openStream(options),
      receive: (event) => this.#receive(event),
      onGap: () => {
        for (const list of reportedLists(this.capabilities)) this.onNotification(listChangedMethod(list), {});
      },
    });
  }

  #openStream(options: ExchangeOptions): Promise<HttpAnswer> {
    const lists = reportedLists(this.capabilities).map((list) => [`${list}ListChanged`, true]);
    const params = { notifications: Object.fromEntries(lists) as JsonObject, _meta: this.#ownMeta };
    const body = encodeRequest(`listen-${++this.#lastId}`, LISTEN, params);
    return this.#target.post(options, this.#headersOf(LISTEN, params, undefined), body);
  }

  /** An answer to the request that opened the stream is its end. */
  #receive({ data }: SseEvent): boolean {
    const message = parseMessage(data.toString("utf8"), this.#target.limits);
    if (message.kind === "notification" && !message.method.startsWith("notifications/subscriptions/")) {
      this.onNotification(message.method, message.params);
    }
    return message.kind === "response";
  }
}

/** Without a member that JSON would show. */
function isEmpty(params: JsonObject): boolean {
  for (const key in params) if (params[key] !== undefined) return false;
  return true;
}
