import type { JsonObject } from "../../domain/json.ts";
import { META, VERSION_2026 } from "../../domain/protocol.ts";
import { HEADER, encodeHeaderValue, nameOf } from "../../wire/mcp-headers.ts";
import { encodeNotification, encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import { ownEnvelope } from "../client-params.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { reportedLists } from "../list-changes.ts";
import { Listening } from "../listening.ts";
import { NOBODY } from "../sharing.ts";
import { LISTEN } from "../subscription.ts";
import { type HttpPlan, HttpTarget } from "./http-target.ts";
import type { Introduction } from "./initialize.ts";
import { NewsStream } from "./news-stream.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

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
  readonly #listening: Listening;
  #lastId = 0;
  #closed = false;

  constructor(plan: HttpPlan, events: ConnectionEvents, introduction: Introduction) {
    this.capabilities = introduction.capabilities;
    this.serverInfo = introduction.serverInfo;
    this.instructions = introduction.instructions;
    this.#target = new HttpTarget(plan);
    this.#events = events;
    this.#headers = this.#target.postHeaders([HEADER.protocolVersion, VERSION_2026]);
    this.#ownMeta = ownEnvelope(plan.clientInfo, plan.shared ? NOBODY : plan.client);
    this.#ownMetaText = JSON.stringify(this.#ownMeta);
    this.#listening = this.#listen(plan);
  }

  async call(call: UpstreamCall): Promise<Reply> {
    const id = ++this.#lastId;
    const { server, limits } = this.#target;
    const rpc = new RpcCall(id, call, { server, era: "2026", limits, inbox: this });
    const body = this.#bodyOf(call, id);
    const headers = this.#headersOf(call.method, call.params, call.headers);
    return rpc.finish(await this.#target.post(rpc, this.#target.traced(headers, call.params), body));
  }

  follow(uri: string, signal: AbortSignal): Promise<Reply> {
    return this.#listening.follow(uri, signal);
  }

  unfollow(uri: string): void {
    this.#listening.unfollow(uri);
  }

  notify(method: string, params: JsonObject): void {
    if (this.#closed) return;
    const body = encodeNotification(method, {
      ...params,
      _meta: { ...(params["_meta"] as JsonObject | undefined), ...this.#ownMeta },
    });
    this.#target.tell(this.#headersOf(method, params, undefined), body).catch(() => undefined);
  }

  /** There are no requests to the client in this era. */
  onRequest(): void {}

  onNotification(method: string, params: JsonObject): void {
    if (method !== "notifications/cancelled") this.#events.onNotification(method, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listening.close();
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
      ...(envelope === undefined ? {} : { [META.logLevel]: envelope.logLevel }),
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

  #listen(plan: HttpPlan): Listening {
    const { server, limits } = plan;
    const lists = plan.stream === "none" ? [] : reportedLists(this.capabilities);
    return new Listening({
      server,
      patienceMs: limits.connectMs,
      lists,
      onMissed: (uri) => this.onNotification("notifications/resources/updated", { uri }),
      open: (subscription) => {
        const stream = new NewsStream(subscription, {
          server,
          limits,
          lists,
          onNotification: (method, params) => this.onNotification(method, params),
          open: (options, params) => {
            const body = encodeRequest(`listen-${++this.#lastId}`, LISTEN, {
              ...params,
              _meta: this.#ownMeta,
            });
            return this.#target.listen(options, this.#headersOf(LISTEN, {}, undefined), body);
          },
        });
        stream.start();
        return stream;
      },
    });
  }
}

/** Without a member that JSON would show. */
function isEmpty(params: JsonObject): boolean {
  for (const key in params) if (params[key] !== undefined) return false;
  return true;
}
