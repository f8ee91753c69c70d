import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { GatewayError } from "../domain/errors.ts";
import { RPC, type RequestId } from "../domain/protocol.ts";
import { LineReader, LineTooLong } from "../wire/lines.ts";
import { type Message, encodeError, encodeReply, parseMessage } from "../wire/message.ts";
import { type ReplyFrame, readReply } from "../wire/reply-frame.ts";
import { WireError } from "../wire/wire-error.ts";
import {
  type Answer,
  BridgeEndpoint,
  type Headers,
  type StreamPosition,
  isEventStream,
  messagesOf,
} from "./bridge-endpoint.ts";
import { refusedBy, unanswered } from "./bridge-errors.ts";
import { claimedVersion } from "./bridge-headers.ts";
import { ModernLeg } from "./bridge-modern.ts";
import { BridgeOutput } from "./bridge-output.ts";
import { BridgeSession } from "./bridge-session.ts";

const LINE_BYTES = 16 * 1024 * 1024;
const JSON_DEPTH = 256;
const FAREWELL_MS = 5_000;
const LAST_WRITES_MS = 250;
const NOTIFICATION_MS = 30_000;

export interface BridgeOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** The gateway's endpoint: `http://127.0.0.1:4470/mcp`. */
  readonly url: string;
  /** Sent with every request: the API key. */
  readonly headers: Headers;
  /** Sentences for people; never for stdout. */
  readonly onLog: (line: string) => void;
  /** Ends the bridge as the end of the input does. */
  readonly signal?: AbortSignal;
  /** How long answers are waited for after the end of the input; 5 s. */
  readonly farewellMs?: number;
}

type RequestMessage = Extract<Message, { kind: "request" }>;
type NotificationMessage = Extract<Message, { kind: "notification" }>;

interface InFlight {
  readonly abort: AbortController;
  /** Of 2026: cancelled by closing its stream. */
  readonly modern: boolean;
  readonly method: string;
  cancelled: boolean;
}

/**
 * Carries MCP between a client on stdio and a gateway on HTTP, in whichever era each request is. Settles when the input
 * has ended and what was asked is answered, at most 5 s later. Nothing but JSON-RPC is written to `output`.
 */
export async function bridgeStdio(options: BridgeOptions): Promise<void> {
  await new StdioBridge(options).run();
}

class StdioBridge {
  readonly #options: BridgeOptions;
  readonly #endpoint: BridgeEndpoint;
  readonly #session: BridgeSession;
  readonly #modern: ModernLeg;
  readonly #output: BridgeOutput;
  readonly #inFlight = new Map<RequestId, InFlight>();
  readonly #tasks = new Set<Promise<void>>();
  /** What must be done before later messages may leave: `initialize`, and whatever has no answer to wait for. */
  #gate: Promise<void> = Promise.resolve();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#endpoint = new BridgeEndpoint(options.url, options.headers);
    this.#output = new BridgeOutput(options.output);
    this.#modern = new ModernLeg(this.#endpoint);
    this.#session = new BridgeSession({
      endpoint: this.#endpoint,
      forward: (message) => this.#forward(message),
      onLog: options.onLog,
    });
  }

  async run(): Promise<void> {
    const { input, output, signal } = this.#options;
    const stop = (): void => void input.destroy();
    signal?.addEventListener("abort", stop);
    // A client that has gone reads no more: there is nobody to carry for.
    output.on("error", stop);
    try {
      if (signal?.aborted !== true) await this.#readAll(input);
      await this.#finish();
    } finally {
      signal?.removeEventListener("abort", stop);
      await this.#session.close();
      await this.#endpoint.close();
    }
  }

  async #readAll(input: Readable): Promise<void> {
    const reader = new LineReader(LINE_BYTES);
    try {
      for await (const chunk of input) {
        for (const line of reader.push(chunk as Buffer)) await this.#accept(line);
      }
      const last = reader.end();
      if (last !== undefined) await this.#accept(last);
    } catch (error) {
      if (error instanceof LineTooLong) {
        await this.#output.write(encodeError(null, { code: RPC.invalidRequest, message: error.message }));
      } else if (!input.destroyed) throw error;
    }
  }

  /** Answers that are under way are waited for; streams without an end are not. */
  async #finish(): Promise<void> {
    for (const request of this.#inFlight.values()) {
      if (request.method === "subscriptions/listen") request.abort.abort();
    }
    const { farewellMs = FAREWELL_MS } = this.#options;
    await Promise.race([Promise.all(this.#tasks), sleep(farewellMs, undefined, { ref: false })]);
    for (const request of this.#inFlight.values()) request.abort.abort();
    await Promise.race([Promise.all(this.#tasks), sleep(LAST_WRITES_MS, undefined, { ref: false })]);
  }

  async #accept(line: Buffer): Promise<void> {
    let message: Message;
    try {
      message = parseMessage(line.toString("utf8"), { jsonDepth: JSON_DEPTH });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return this.#output.write(
        encodeError(error.requestId, { code: error.rpcCode, message: error.message }),
      );
    }
    if (message.kind === "notification" && this.#isCancelled(message)) return;
    await this.#gate;
    const task = message.kind === "request" ? this.#request(message, line) : this.#tell(message, line);
    if (message.kind !== "request" || message.method === "initialize") this.#gate = task;
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task)).catch(() => undefined);
  }

  /** In 2026 a closed stream is the cancellation: there is nothing to send. */
  #isCancelled(message: NotificationMessage): boolean {
    if (message.method !== "notifications/cancelled") return false;
    const request = this.#inFlight.get(message.params["requestId"] as RequestId);
    if (request === undefined) return false;
    request.cancelled = true;
    if (request.modern) request.abort.abort();
    return request.modern;
  }

  async #request(message: RequestMessage, line: Buffer): Promise<void> {
    const { id, method, params } = message;
    const version = claimedVersion(params);
    const request = { abort: new AbortController(), modern: version !== undefined, method, cancelled: false };
    this.#inFlight.set(id, request);
    try {
      const answer =
        version === undefined
          ? await this.#postLegacy(
              line,
              method === "initialize" ? {} : this.#session.headers,
              request.abort.signal,
            )
          : await this.#modern.post(message, line, version, request.abort.signal);
      const isAnswered = await this.#relay(message, answer, request.abort.signal);
      if (!isAnswered) throw new GatewayError("upstream_broken", "The gateway ended its answer too early.");
    } catch (error) {
      if (request.cancelled || request.abort.signal.aborted) return;
      this.#options.onLog(`${method} failed: ${String(error)}`);
      await this.#output.write(encodeError(id, unanswered(this.#endpoint.url, error)));
    } finally {
      this.#inFlight.delete(id);
    }
  }

  /** A notification, or the client's answer to a question: nothing comes back. */
  async #tell(message: Exclude<Message, RequestMessage>, line: Buffer): Promise<void> {
    const name = message.kind === "notification" ? message.method : "an answer";
    try {
      const signal = AbortSignal.timeout(NOTIFICATION_MS);
      const answer = await this.#postLegacy(line, this.#session.headers, signal);
      await answer.body.dump();
      if (answer.statusCode >= 400)
        this.#options.onLog(`The gateway refused ${name}: HTTP ${answer.statusCode}`);
      else if (name === "notifications/initialized") this.#session.listen();
    } catch (error) {
      this.#options.onLog(`${name} was not delivered: ${String(error)}`);
    }
  }

  async #postLegacy(line: Buffer, headers: Headers, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#endpoint.post(line, headers, signal);
    if (!this.#session.isLost(answer, headers) || !(await this.#session.reopen(headers))) return answer;
    await answer.body.dump();
    return this.#endpoint.post(line, this.#session.headers, signal);
  }

  /** Everything that the gateway says to one request, in order. True when the answer was among it. */
  async #relay(message: RequestMessage, answer: Answer, signal: AbortSignal): Promise<boolean> {
    const position: StreamPosition = { lastEventId: undefined, retryMs: undefined };
    let rest: Answer | undefined = answer;
    while (rest !== undefined) {
      if (await this.#relayStream(message, rest, position)) return true;
      rest = await this.#session.resume(position, signal);
    }
    return false;
  }

  async #relayStream(message: RequestMessage, answer: Answer, position: StreamPosition): Promise<boolean> {
    let isAnswered = false;
    for await (const text of messagesOf(answer, position)) {
      const frame = frameOf(text);
      if (frame === "unreadable" && !isEventStream(answer)) {
        await this.#output.write(encodeError(message.id, refusedBy(answer, text.toString("utf8"))));
        return true;
      }
      if (frame === undefined || frame === "unreadable") await this.#forward(text);
      else if (frame.id === message.id || frame.id === null) {
        isAnswered = true;
        this.#notice(message, answer, frame);
        await this.#output.write(frame.id === null ? encodeReply(message.id, frame.reply) : text);
      }
    }
    return isAnswered;
  }

  /** What the bridge itself needs to know of an answer. */
  #notice({ method, params }: RequestMessage, answer: Answer, { reply }: ReplyFrame): void {
    if (reply.kind === "error") return;
    if (method === "initialize") this.#session.opened(params, answer, reply.value);
    if (method === "tools/list") this.#modern.learn(reply.value);
  }

  /** A notification or a request of the gateway. What is no JSON-RPC never reaches the client. */
  async #forward(text: Buffer): Promise<void> {
    if (frameOf(text) === "unreadable")
      this.#options.onLog("The gateway sent an event that is no JSON-RPC message.");
    else await this.#output.write(text);
  }
}

/** Nothing for a notification or a request. */
function frameOf(text: Buffer): ReplyFrame | "unreadable" | undefined {
  try {
    return readReply(text, "2025");
  } catch (error) {
    if (error instanceof WireError) return "unreadable";
    throw error;
  }
}
