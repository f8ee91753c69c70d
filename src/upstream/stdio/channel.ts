import { type Json, type JsonObject, isJsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Era, RequestId } from "../../domain/protocol.ts";
import type { Logger } from "../../observability/logger.ts";
import { LineReader, LineTooLong } from "../../wire/lines.ts";
import { type Message, encodeNotification, parseMessage } from "../../wire/message.ts";
import { type ReplyFrame, readReply } from "../../wire/reply-frame.ts";
import type { Reply } from "../../wire/reply.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { Answerer } from "../connection.ts";
import { LOG_MESSAGE, isHeard } from "../log-levels.ts";
import { onlyListener } from "../only-listener.ts";
import { OpenQuestions } from "../open-questions.ts";
import { refuseQuestion } from "../refuse-question.ts";
import type { Child } from "./child.ts";
import { FloodGate } from "./flood-gate.ts";
import { LineWriter } from "./line-writer.ts";
import { type ChannelCall, PendingCall } from "./pending-call.ts";
import {
  type ChannelEnd,
  type ChildFacts,
  callFailure,
  cancelled,
  exitReason,
  unreadable,
} from "./stdio-failure.ts";

const STDERR_TAIL_CHARS = 4_096;
const OPEN_BRACKET = 0x5b;
const GARBAGE_BYTES = 512;
/** Lines that nobody asked for: notifications, requests, garbage. */
const UNASKED_SHARE = { amount: 1_000, perMs: 100 };
/** A child that closes stdout is about to exit; one that lives on is of no use. */
const STDOUT_END_GRACE_MS = 1_000;

interface ChannelDeps {
  readonly server: string;
  readonly command: string;
  readonly child: Child;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly onNotification: (method: string, params: JsonObject) => void;
  readonly onRequest: Answerer;
  /** Once, when the child is gone or of no more use. */
  readonly onEnd: (end: ChannelEnd) => void;
}

/** JSON-RPC with one child: ids of our own, answers to their calls, everything else to `onNotification`. */
export class Channel {
  readonly #deps: ChannelDeps;
  readonly #reader: LineReader;
  readonly #writer: LineWriter;
  readonly #unasked: FloodGate;
  /** What the child asks its client. */
  readonly questions: OpenQuestions;
  readonly #pending = new Map<number, PendingCall>();
  readonly #onAbort = (call: PendingCall): void => this.#cancel(call);
  /** Of the answers; set when the handshake has shown it. */
  era: Era = "2025";
  #lastId = 0;
  #garbage = 0;
  #end: ChannelEnd | undefined;

  constructor(deps: ChannelDeps) {
    const { stdin, stdout, exited } = deps.child;
    this.#deps = deps;
    this.#reader = new LineReader(deps.limits.replyBytes);
    this.#writer = new LineWriter(stdin);
    this.#unasked = new FloodGate(stdout, UNASKED_SHARE);
    this.questions = new OpenQuestions({
      send: (message) => this.post(message),
      // In the 2026 era a server asks by its answers only.
      onRequest: (question) => (this.era === "2026" ? refuseQuestion : deps.onRequest)(question),
    });
    stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    stdout.on("end", () => this.#stdoutEnded());
    stdin.on("close", () => this.#stdoutEnded());
    exited
      .then((exit) => this.end({ code: "exited", reason: exitReason(exit), exit }))
      .catch(() => undefined);
  }

  get ended(): ChannelEnd | undefined {
    return this.#end;
  }

  /** Not for a subscription, which waits as long as the child lives. */
  get busy(): boolean {
    for (const { part } of this.#pending.values()) if (part.lasting !== true) return true;
    return false;
  }

  /** How many were ever sent. */
  get requests(): number {
    return this.#lastId;
  }

  get facts(): ChildFacts {
    const { server, command, child } = this.#deps;
    return { server, command, stderrTail: child.stderr.last(STDERR_TAIL_CHARS) };
  }

  /** An id for the next request; also its progress token. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  request(id: number, text: string, call: ChannelCall): Promise<Reply> {
    if (this.#end !== undefined) return Promise.reject(callFailure(this.facts, this.#end, false));
    if (call.signal.aborted) return Promise.reject(cancelled(false));
    return new Promise((resolve, reject) => {
      const pending = new PendingCall(id, text, call, { resolve, reject, onAbort: this.#onAbort });
      this.#pending.set(id, pending);
      this.#writer.send(pending);
    });
  }

  /** Sends a line that has no answer, or whose answer does not matter. */
  post(text: string): void {
    if (this.#end === undefined) this.#writer.send({ text, withdrawn: false, leaving: () => undefined });
  }

  /** Nobody waits for the answer any more, and the child need not know. */
  forget(id: number): void {
    this.#pending.delete(id);
  }

  /** Fails whatever waits. The first end is the one that counts. */
  end(end: ChannelEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#unasked.close();
    this.questions.drop();
    if (this.#pending.size > 0) {
      const { facts } = this;
      for (const call of this.#pending.values()) call.reject(callFailure(facts, end, call.sent));
      this.#pending.clear();
    }
    this.#deps.onEnd(end);
  }

  #cancel(call: PendingCall): void {
    this.#pending.delete(call.id);
    call.reject(cancelled(call.sent));
    if (!call.sent) return;
    this.post(
      encodeNotification("notifications/cancelled", { requestId: call.id, reason: "The caller has gone." }),
    );
  }

  #read(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    try {
      for (const line of this.#reader.push(chunk)) this.#receive(line);
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      for (const line of error.lines) this.#receive(line);
      this.end({
        code: "reply_too_large",
        reason: `one message is longer than ${this.#deps.limits.replyBytes} bytes`,
      });
    }
  }

  #stdoutEnded(): void {
    if (this.#end !== undefined) return;
    const timer = setTimeout(() => {
      this.end({ code: "pipe_closed", reason: "the process has closed its standard input or output" });
    }, STDOUT_END_GRACE_MS);
    timer.unref();
  }

  #receive(line: Buffer): void {
    try {
      if (line[0] === OPEN_BRACKET) return this.#batch(line);
      const frame = readReply(line, this.era);
      if (frame !== undefined) return this.#answer(frame);
      this.#unasked.spend(1);
      this.#unaskedFor(parseMessage(line.toString("utf8"), this.#deps.limits));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#unasked.spend(1);
      this.#malformed(line);
    }
  }

  /** Protocol 2025-03-26 lets a server send several messages in one array. */
  #batch(line: Buffer): void {
    for (const message of parseBatch(line)) this.#receive(Buffer.from(JSON.stringify(message)));
  }

  #answer(frame: ReplyFrame): void {
    const call = this.#callOf(frame.id);
    // An answer that comes after its call was cancelled, or one that nobody asked for.
    if (call === undefined) return;
    this.#pending.delete(call.id);
    call.resolve(frame.reply);
  }

  /** An error without an id is about a request that the child could not read: with one call waiting it is clear which. */
  #callOf(id: RequestId | null): PendingCall | undefined {
    if (id !== null) return this.#pending.get(Number(id));
    const [only, ...others] = [...this.#pending.values()].filter(({ part }) => part.lasting !== true);
    return others.length === 0 && only?.sent === true ? only : undefined;
  }

  #unaskedFor(message: Message): void {
    if (message.kind === "response") return;
    if (message.kind === "request") return this.questions.ask(message);
    const { method, params } = message;
    if (method === "notifications/cancelled") this.questions.takenBack(params);
    else if (method === "notifications/progress") this.#progress(params);
    else if (method === LOG_MESSAGE) this.#log(params);
    else this.#deps.onNotification(method, params);
  }

  /** Nothing says which call a log message belongs to; with one call that listens it is clear. */
  #log(params: JsonObject): void {
    const call = onlyListener(this.#pending.values());
    if (call === undefined) this.#deps.onNotification(LOG_MESSAGE, params);
    else if (isHeard(call.part, this.era, params))
      call.notify(LOG_MESSAGE, params, this.#deps.limits.notificationsPerCall);
  }

  #progress(params: JsonObject): void {
    const { progressToken, ...rest } = params;
    this.#pending.get(Number(progressToken))?.progress(rest, this.#deps.limits.notificationsPerCall);
  }

  /** Many servers print banners to stdout: those are kept for people to see. A broken answer fails the call that it is for. */
  #malformed(line: Buffer): void {
    const { server, child, logger } = this.#deps;
    child.stderr.push(Buffer.from(`[stdout] ${line.toString("utf8", 0, GARBAGE_BYTES)}\n`));
    if (this.#garbage++ === 0)
      logger.warn("upstream wrote a line that is no JSON-RPC message to stdout", { server });
    const call = this.#brokenAnswerOf(line);
    if (call === undefined) return;
    this.#pending.delete(call.id);
    call.reject(unreadable(this.facts, "unknown"));
  }

  #brokenAnswerOf(line: Buffer): PendingCall | undefined {
    const edges = `${line.toString("latin1", 0, GARBAGE_BYTES)}\n${line.toString("latin1", Math.max(0, line.length - GARBAGE_BYTES))}`;
    if (!edges.startsWith("{") || edges.includes('"method"')) return undefined;
    const id = /"id"\s*:\s*"?(\d{1,15})/.exec(edges)?.[1];
    const call = id === undefined ? undefined : this.#pending.get(Number(id));
    return call?.sent === true ? call : undefined;
  }
}

function parseBatch(line: Buffer): readonly JsonObject[] {
  try {
    const messages = JSON.parse(line.toString("utf8")) as readonly Json[];
    return messages.filter(isJsonObject);
  } catch (cause) {
    throw WireError.notJson(cause);
  }
}
