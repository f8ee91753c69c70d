import { GatewayError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import { RPC, type RequestId } from "../domain/protocol.ts";
import { type Message, encodeError, encodeReply } from "../wire/message.ts";
import { Reply } from "../wire/reply.ts";
import type { Answerer, UpstreamCall } from "./connection.ts";

export type Request = Extract<Message, { kind: "request" }>;
/** A call that may answer questions. */
export type Asked = Pick<UpstreamCall, "onRequest"> & Partial<Pick<UpstreamCall, "signal">>;

const MAX_OPEN = 32;
const PONG = Reply.of("result", {}, "2025");
const CALL_ENDED = { code: RPC.internalError, message: "The call that this belongs to has ended." };

interface OpenQuestion {
  /** The call that it came with, and must end with. */
  readonly call: Asked | undefined;
  /** The call that it is believed to be for: the caller can be reached when it has ended, unless the caller has left. */
  readonly guess: Asked | undefined;
  readonly taken: AbortController;
}

interface OpenQuestionsDeps {
  /** Sends one JSON-RPC message to the upstream. */
  readonly send: (message: string) => void;
  /** For questions that no call can answer. */
  readonly onRequest: Answerer;
  /** The calls on this connection are of several callers: which of them is meant must not be guessed. */
  readonly shared?: boolean;
}

/**
 * What an upstream has asked on one connection and waits for. A question goes to the call that it came with; without one to
 * the only call in flight that can answer any, where all calls are of one caller; else to whoever is behind the connection.
 */
export class OpenQuestions {
  readonly #deps: OpenQuestionsDeps;
  readonly #open = new Map<RequestId, OpenQuestion>();
  /** Calls in flight that can answer. */
  readonly #calls = new Set<Asked>();

  constructor(deps: OpenQuestionsDeps) {
    this.#deps = deps;
  }

  /** `call`: the call that the request came with, where the transport tells. */
  ask({ id, method, params }: Request, call?: Asked): void {
    if (method === "ping") return this.#send(id, PONG);
    const problem = this.#problemWith(id);
    if (problem !== undefined) return this.#refuse(id, problem);
    const taken = new AbortController();
    const told = call?.onRequest === undefined ? undefined : call;
    const guess = told === undefined ? this.#onlyCall : undefined;
    const question = { call: told, guess, taken };
    this.#open.set(id, question);
    const answerer = told?.onRequest ?? guess?.onRequest ?? this.#deps.onRequest;
    answerFrom(answerer, method, params, taken.signal)
      .then((reply) => this.#answer(id, question, reply))
      .catch(() => undefined);
  }

  /** The upstream does not want the answer any more. */
  takenBack({ requestId }: JsonObject): void {
    if (typeof requestId !== "string" && typeof requestId !== "number") return;
    const question = this.#open.get(requestId);
    this.#open.delete(requestId);
    question?.taken.abort();
  }

  began(call: Asked): void {
    if (call.onRequest !== undefined) this.#calls.add(call);
  }

  /** Nobody can answer any more what the upstream has asked during the call. */
  ended(call: Asked): void {
    if (call.onRequest === undefined) return;
    this.#calls.delete(call);
    for (const [id, question] of this.#open) {
      const isOver = question.call === call || (question.guess === call && call.signal?.aborted === true);
      if (!isOver) continue;
      this.#open.delete(id);
      question.taken.abort();
      this.#refuse(id, CALL_ENDED);
    }
  }

  /** The connection has ended, or the session: there is nobody to send an answer to. */
  drop(): void {
    const questions = [...this.#open.values()];
    this.#open.clear();
    for (const { taken } of questions) taken.abort();
  }

  get #onlyCall(): Asked | undefined {
    const [only] = this.#calls;
    return this.#calls.size === 1 && this.#deps.shared !== true ? only : undefined;
  }

  #problemWith(id: RequestId): { code: number; message: string } | undefined {
    if (this.#open.has(id))
      return { code: RPC.invalidRequest, message: "Another request with this id is still open." };
    return this.#open.size >= MAX_OPEN
      ? { code: RPC.internalError, message: `More than ${MAX_OPEN} requests are open.` }
      : undefined;
  }

  #answer(id: RequestId, question: OpenQuestion, reply: Reply): void {
    // Taken back meanwhile, or its call has ended.
    if (this.#open.get(id) !== question) return;
    this.#open.delete(id);
    this.#send(id, reply);
  }

  #send(id: RequestId, reply: Reply): void {
    // A line break in JSON is white space; in a line of stdio it would begin another message.
    this.#deps.send(
      encodeReply(id, reply)
        .toString("utf8")
        .replaceAll(/[\r\n]/g, " "),
    );
  }

  #refuse(id: RequestId, error: { readonly code: number; readonly message: string }): void {
    this.#deps.send(encodeError(id, error).toString("utf8"));
  }
}

async function answerFrom(
  answerer: Answerer,
  method: string,
  params: JsonObject,
  signal: AbortSignal,
): Promise<Reply> {
  try {
    return await answerer({ method, params, signal });
  } catch (error) {
    const message = error instanceof GatewayError ? error.message : "The request could not be answered.";
    return Reply.of("error", { code: RPC.internalError, message }, "2025");
  }
}
