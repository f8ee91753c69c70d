import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { type Era, META, VERSION_2026 } from "../../domain/protocol.ts";
import { encodeNotification, encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import { ownEnvelope } from "../client-params.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { FollowedResources } from "../followed-resources.ts";
import { LogLevels } from "../log-levels.ts";
import { NOBODY } from "../sharing.ts";
import type { Channel } from "./channel.ts";
import { ChildNews } from "./child-news.ts";
import type { Child } from "./child.ts";
import type { Introduction } from "./handshake.ts";
import type { StdioPlan } from "./stdio-plan.ts";

interface StdioConnectionDeps {
  readonly plan: StdioPlan;
  readonly channel: Channel;
  readonly child: Child;
  readonly introduction: Introduction;
  readonly events: ConnectionEvents;
}

/** A child that has shaken hands. Lives in one era: a child of both is pinned by its first message. */
export class StdioConnection implements Connection {
  readonly era: Era;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
  readonly #channel: Channel;
  readonly #child: Child;
  readonly #events: ConnectionEvents;
  readonly #envelope: JsonObject;
  readonly #levels: LogLevels;
  readonly #followed: FollowedResources;
  /** In the 2026 era. */
  readonly #news: ChildNews | undefined;

  constructor({ plan, channel, child, introduction, events }: StdioConnectionDeps) {
    this.era = introduction.era;
    this.capabilities = introduction.capabilities;
    this.serverInfo = introduction.serverInfo;
    this.instructions = introduction.instructions;
    this.#channel = channel;
    this.#child = child;
    this.#events = events;
    this.#envelope = ownEnvelope(plan.clientInfo, plan.shared ? NOBODY : plan.client);
    const ask = (method: string, params: JsonObject, signal: AbortSignal): Promise<Reply> =>
      this.#ask({ method, params, era: this.era, scope: "", signal });
    this.#levels = new LogLevels({
      shared: plan.shared,
      capabilities: () => this.capabilities,
      set: (level, signal) => ask("logging/setLevel", { level }, signal),
    });
    this.#followed = new FollowedResources(ask);
    this.#news = this.era === "2025" ? undefined : this.#listen(plan);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get startedAt(): Date {
    return this.#child.startedAt;
  }

  /** Whether the child has ended by itself. */
  get exited(): boolean {
    return this.#channel.ended?.code === "exited";
  }

  /** A call waits for its answer, or the child for one. */
  get busy(): boolean {
    return this.#channel.busy;
  }

  /** How many requests were ever sent. */
  get requests(): number {
    return this.#channel.requests;
  }

  /** The end of what the child wrote to stderr (at most 64 KiB), and lines on stdout that were no messages. */
  get stderrTail(): string {
    return this.#child.stderr.text;
  }

  call(call: UpstreamCall): Promise<Reply> {
    const { envelope, onRequest } = call;
    const plain = this.era === "2026" || (envelope?.logLevel === undefined && onRequest === undefined);
    return plain ? this.#ask(call) : this.#converse(call);
  }

  follow(uri: string, signal: AbortSignal): Promise<Reply> {
    return this.#news === undefined
      ? this.#followed.follow(uri, signal)
      : this.#news.listening.follow(uri, signal);
  }

  unfollow(uri: string): void {
    if (this.#news === undefined) this.#followed.unfollow(uri);
    else this.#news.listening.unfollow(uri);
  }

  /** A notification that belongs to no call. */
  receive(method: string, params: JsonObject): void {
    if (this.#news === undefined) this.#events.onNotification(method, params);
    else this.#news.receive(method, params);
  }

  notify(method: string, params: JsonObject): void {
    this.#channel.post(encodeNotification(method, params));
  }

  /** Ends the child and all that it started; settles when they are gone. Calls in flight fail. */
  async close(): Promise<void> {
    this.#news?.listening.close();
    this.#channel.end({ code: "disconnected", reason: "the connection was closed" });
    await this.#child.stop();
  }

  #ask(call: UpstreamCall): Promise<Reply> {
    const id = this.#channel.nextId();
    return this.#channel.request(id, encodeRequest(id, call.method, this.#paramsOf(call, id)), call);
  }

  /** A call whose caller wants to hear more than the answer. */
  async #converse(call: UpstreamCall): Promise<Reply> {
    const level = call.envelope?.logLevel;
    if (level !== undefined) await this.#levels.reach(level, call.signal);
    this.#channel.questions.began(call);
    try {
      return await this.#ask(call);
    } finally {
      this.#channel.questions.ended(call);
    }
  }

  #paramsOf(call: UpstreamCall, id: number): JsonObject {
    const progress = call.onProgress === undefined ? {} : { progressToken: id };
    if (this.era === "2025") {
      return call.onProgress === undefined ? call.params : withMeta(call.params, progress);
    }
    return withMeta(call.params, { ...progress, ...this.#envelopeOf(call.envelope) });
  }

  #envelopeOf(caller: UpstreamCall["envelope"]): JsonObject {
    if (caller === undefined) return this.#envelope;
    return {
      [META.protocolVersion]: VERSION_2026,
      [META.clientCapabilities]: caller.capabilities,
      [META.clientInfo]: caller.clientInfo ?? this.#envelope[META.clientInfo],
      ...(caller.logLevel === undefined ? {} : { [META.logLevel]: caller.logLevel }),
    };
  }

  #listen(plan: StdioPlan): ChildNews {
    return new ChildNews({
      server: plan.server,
      connectMs: plan.limits.connectMs,
      channel: this.#channel,
      capabilities: this.capabilities,
      envelope: this.#envelope,
      onNotification: (method, params) => this.#events.onNotification(method, params),
    });
  }
}

function withMeta(params: JsonObject, added: JsonObject): JsonObject {
  const { _meta: meta } = params;
  return { ...params, _meta: isJsonObject(meta) ? { ...meta, ...added } : added };
}
