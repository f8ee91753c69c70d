import { type Json, type JsonObject, isJsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import { type Era, RPC, type RequestId } from "../../domain/protocol.ts";
import type { Logger } from "../../observability/logger.ts";
import { LineReader, LineTooLong } from "../../wire/lines.ts";
import {
  type Message,
  encodeError,
  encodeNotification,
  encodeReply,
  parseMessage,
} from "../../wire/message.ts";
import { type ReplyFrame, readReply } from "../../wire/reply-frame.ts";
import { Reply } from "../../wire/reply.ts";
import { WireError } from "../../wire/wire-error.ts";
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
  /** Once, when the child is gone or of no more use. */
  readonly onEnd: (end: ChannelEnd) => void;
}

/** JSON-RPC with one child: ids of our own, answers to their calls, everything else to `onNotification`. */
export class Channel {
  readonly #deps: ChannelDeps;
  readonly #reader: LineReader;
  readonly #writer: LineWriter;
  readonly #unasked: FloodGate;
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

  /** Fails whatever waits. The first end is the one that counts. */
  end(end: ChannelEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#unasked.close();
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
    if (this.#pending.size > 1) return undefined;
    const [only] = this.#pending.values();
    return only?.sent === true ? only : undefined;
  }

  #unaskedFor(message: Message): void {
    if (message.kind === "response") return;
    const { method, params } = message;
    if (message.kind === "request") this.#refuse(message.id, method);
    else if (method === "notifications/progress") this.#progress(params);
    else if (method !== "notifications/cancelled") this.#deps.onNotification(method, params);
  }

  /** The seam for questions that an upstream asks the user: so far only `ping` is answered. */
  #refuse(id: RequestId, method: string): void {
    const answer =
      method === "ping"
        ? encodeReply(id, Reply.of("result", {}, this.era))
        : encodeError(id, { code: RPC.methodNotFound, message: `This client does not support "${method}".` });
    this.post(answer.toString("utf8"));
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
