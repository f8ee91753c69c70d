import { randomBytes } from "node:crypto";

import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { isInteractive, missingCapability } from "../../proxy/proxy.ts";
import type { Answerer, Question } from "../../upstream/upstream.ts";
import { type Message, encodeNotification, encodeRequest } from "../../wire/message.ts";
import { Reply } from "../../wire/reply.ts";
import type { Answer } from "../answer.ts";
import type { Session } from "../session.ts";
import { failedQuestion, refusedQuestion } from "./question-errors.ts";

export type AskedSession = Pick<Session, "id" | "capabilities" | "send">;
type Stream = Pick<Answer, "open" | "mayStream" | "write">;
type Response = Extract<Message, { kind: "response" }>;

/** Questions that are open in one session; a client with more than that will not answer another one. */
const MAX_OPEN = 64;

interface OpenQuestion {
  /** For the first who calls it. */
  readonly close: (reply: Reply) => void;
}

/** Asks clients of the 2025 era by requests of the gateway's own, and waits for the responses that they post. */
export class ClientQuestions {
  readonly #questionMs: number;
  /** By session, then by the id of the request. */
  readonly #open = new Map<string, Map<string, OpenQuestion>>();
  /** Requests under way of sessions that can be asked. */
  readonly #streams = new Map<string, Stream[]>();
  /** A response to a question of an earlier start of the gateway must not settle one of this start. */
  readonly #run = randomBytes(6).toString("base64url");
  #count = 0;

  constructor(limits: { readonly questionMs: number }) {
    this.#questionMs = limits.questionMs;
  }

  /** How many are open. */
  get size(): number {
    return [...this.#open.values()].reduce((sum, questions) => sum + questions.size, 0);
  }

  /** Answers what upstreams ask during one request of this session; nothing for a client that can answer nothing. */
  answererOf(session: Session, answer: Stream): Answerer | undefined {
    if (!canBeAsked(session)) return undefined;
    return (question) => this.ask(session, answer, question);
  }

  /**
   * On the stream of the request in hand, on that of another request of the session, or on the session's own. An error
   * reply when the client cannot be asked that, does not answer within `questionMs`, or ends its session.
   */
  async ask(session: AskedSession, answer: Stream | undefined, question: Question): Promise<Reply> {
    const { method, params, signal } = question;
    if (method === "ping") return Reply.of("result", {}, "2025");
    const missing = missingCapability(session.capabilities, method, params);
    if (missing !== undefined) return refusedQuestion(method, missing);
    if (signal.aborted) return failedQuestion("The question was taken back.");
    if ((this.#open.get(session.id)?.size ?? 0) >= MAX_OPEN)
      return failedQuestion("Too many questions are open in this session.");
    return new Promise((resolve) => {
      const id = `swg-${this.#run}-${++this.#count}`;
      this.#begin(session, answer, id, signal, resolve);
      this.#send(session, answer, encodeRequest(id, method, withoutProgress(params)));
    });
  }

  /** The client's response. One to a question that is not open is ignored: it may have come too late. */
  settle(session: Pick<Session, "id">, { id, result, error }: Response): void {
    const question = typeof id === "string" ? this.#open.get(session.id)?.get(id) : undefined;
    if (question === undefined) return;
    question.close(
      error === undefined ? Reply.of("result", result ?? {}, "2025") : Reply.of("error", error, "2025"),
    );
  }

  /** A request of a session is under way: questions without a request of their own may go on its stream. */
  serving(session: Session | undefined, answer: Stream): void {
    if (session === undefined || !canBeAsked(session)) return;
    const streams = this.#streams.get(session.id);
    if (streams === undefined) this.#streams.set(session.id, [answer]);
    else streams.push(answer);
  }

  served(session: Session | undefined, answer: Stream): void {
    if (session === undefined || !canBeAsked(session)) return;
    const left = (this.#streams.get(session.id) ?? []).filter((stream) => stream !== answer);
    if (left.length === 0) this.#streams.delete(session.id);
    else this.#streams.set(session.id, left);
  }

  /** The client is gone for good. */
  ended(session: Pick<Session, "id">): void {
    for (const { close } of this.#open.get(session.id)?.values() ?? [])
      close(failedQuestion("The client has ended its session."));
    this.#streams.delete(session.id);
  }

  close(): void {
    for (const id of this.#open.keys()) this.ended({ id });
  }

  #begin(
    session: AskedSession,
    answer: Stream | undefined,
    id: string,
    signal: AbortSignal,
    resolve: (reply: Reply) => void,
  ): void {
    const giveUp = (reason: string): void => {
      close(failedQuestion(reason));
      this.#send(session, answer, encodeNotification("notifications/cancelled", { requestId: id, reason }));
    };
    const takenBack = (): void => giveUp("The question was taken back.");
    const late = (): void => giveUp(`The question was not answered within ${this.#questionMs} ms.`);
    const timer = setTimeout(late, this.#questionMs).unref();
    const close = (reply: Reply): void => {
      if (!this.#forget(session.id, id)) return;
      clearTimeout(timer);
      signal.removeEventListener("abort", takenBack);
      resolve(reply);
    };
    signal.addEventListener("abort", takenBack, { once: true });
    const questions = this.#open.get(session.id) ?? new Map<string, OpenQuestion>();
    this.#open.set(session.id, questions.set(id, { close }));
  }

  #forget(session: string, id: string): boolean {
    const questions = this.#open.get(session);
    if (questions?.delete(id) !== true) return false;
    if (questions.size === 0) this.#open.delete(session);
    return true;
  }

  #send(session: AskedSession, answer: Stream | undefined, message: string): void {
    const streams = [...(answer === undefined ? [] : [answer]), ...(this.#streams.get(session.id) ?? [])];
    const stream = streams.find(({ mayStream, open }) => mayStream && open);
    if (stream === undefined) session.send(message);
    else stream.write(message);
  }
}

function canBeAsked({ envelope }: Session): boolean {
  return envelope !== undefined && isInteractive(envelope.capabilities);
}

/** Progress on a question has no way back to the upstream, so it is not asked for. */
export function withoutProgress(params: JsonObject): JsonObject {
  const { _meta, ...rest } = params;
  if (!isJsonObject(_meta) || _meta["progressToken"] === undefined) return params;
  const { progressToken, ...meta } = _meta;
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}
