import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { missingCapability } from "../../proxy/proxy.ts";
import type { Answerer, Question } from "../../upstream/upstream.ts";
import { Reply } from "../../wire/reply.ts";
import type { FrontRequest } from "../front-request.ts";
import { withoutProgress } from "./client-questions.ts";
import { Leg, type Outcome } from "./leg.ts";
import { failedQuestion, questionExpired, refusedQuestion } from "./question-errors.ts";

/** Questions that come within this time of each other are put to the user together. */
const COLLECT_MS = 20;
/** Questions of one call that are open at once. */
const MAX_OPEN = 64;

export interface ParkedCallDeps {
  readonly questionMs: number;
  /** How long the call goes on when its client has gone before it was asked anything; absent: not at all. */
  readonly lingerMs?: number | undefined;
  /** Ends the call at its upstream. */
  readonly cancel: () => void;
  /** The first question: false when there is no room for a call that waits for its user. */
  readonly park: () => boolean;
  /** A new `requestState` for this call. */
  readonly stateOf: () => string;
  /** The call is over; nothing will be asked any more. */
  readonly onOver: (outcome: Outcome) => void;
}

interface OpenQuestion {
  readonly method: string;
  readonly params: JsonObject;
  /** For the first who calls it. */
  readonly close: (reply: Reply) => void;
}

/**
 * A call of a 2026 client to a 2025 upstream. The upstream's request is held open while the user thinks; the client
 * comes and goes: each of its requests is a leg, which ends with questions or with the outcome. The upstream
 * is called once, however often the client repeats a leg.
 */
export class ParkedCall {
  readonly #deps: ParkedCallDeps;
  readonly #first: FrontRequest;
  readonly #legs = new Set<Leg>();
  #questions: Map<string, OpenQuestion> | undefined;
  #count = 0;
  #outcome: Outcome | undefined;
  /** The client has been given a `requestState`: it may leave, and come back. */
  #isDetached = false;
  #expired: string | undefined;
  #collecting: NodeJS.Timeout | undefined;
  #absence: NodeJS.Timeout | undefined;

  constructor(first: FrontRequest, deps: ParkedCallDeps) {
    this.#first = first;
    this.#deps = deps;
  }

  /** The request to carry: what belongs to its exchange with the client now belongs to whichever legs are open. */
  detached(signal: AbortSignal): FrontRequest {
    const { onProgress, onNotification } = this.#first;
    return {
      ...this.#first,
      signal,
      onRequest: this.#ask,
      onProgress: onProgress && ((params) => this.#tell((leg) => leg.request.onProgress?.(params))),
      notify: (method, params) => this.#tell((leg) => leg.request.notify(method, params)),
      onNotification:
        onNotification &&
        ((method, params) => this.#tell((leg) => leg.request.onNotification?.(method, params))),
    };
  }

  /** A request of the client for this call: the first one, a retry with answers, or a retry of a retry. */
  join(request: FrontRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const leg = new Leg(request, { resolve, reject, onLeft: () => this.#left(leg) });
      this.#legs.add(leg);
      clearTimeout(this.#absence);
      if (!leg.begin()) return;
      if (this.#outcome !== undefined) this.#end(this.#outcome);
      else if (this.#collecting === undefined) this.#offer();
    });
  }

  /** What the user says. Answers to questions that are not open have been given before, or came too late. */
  answer(responses: JsonObject): void {
    for (const [key, { close }] of this.#questions ?? []) {
      const response = responses[key];
      if (isJsonObject(response)) close(Reply.of("result", response, "2025"));
    }
  }

  finish(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    const { onOver } = this.#deps;
    this.#outcome = this.#expired === undefined ? outcome : { error: questionExpired(this.#expired) };
    clearTimeout(this.#collecting);
    clearTimeout(this.#absence);
    for (const { close } of this.#questions?.values() ?? []) close(failedQuestion("The call is over."));
    this.#end(this.#outcome);
    onOver(this.#outcome);
  }

  /** Nobody will answer. */
  expire(reason: string): void {
    if (this.#outcome !== undefined) return;
    this.#expired ??= reason;
    this.#deps.cancel();
    this.finish({ error: undefined });
  }

  readonly #ask: Answerer = async ({ method, params, signal }) => {
    if (method === "ping") return Reply.of("result", {}, "2025");
    const missing = missingCapability(this.#first.envelope?.capabilities ?? {}, method, params);
    if (missing !== undefined) return refusedQuestion(method, missing);
    if (signal.aborted || this.#isOver()) return failedQuestion("The call is over.");
    if ((this.#questions?.size ?? 0) >= MAX_OPEN) return failedQuestion("Too many questions are open.");
    if (!this.#isParked() && !this.#deps.park())
      return failedQuestion("Too many calls wait for an answer of their user.");
    return new Promise((resolve) => this.#open({ method, params, signal }, resolve));
  };

  #isOver(): boolean {
    return this.#outcome !== undefined;
  }

  #isParked(): boolean {
    return this.#questions !== undefined;
  }

  #open({ method, params, signal }: Question, resolve: (reply: Reply) => void): void {
    const key = `q${++this.#count}`;
    const questions = (this.#questions ??= new Map());
    const { questionMs } = this.#deps;
    const late = (): void => this.expire(`it was not answered within ${questionMs} ms`);
    const timer = setTimeout(late, questionMs).unref();
    const takenBack = (): void => close(failedQuestion("The question was taken back."));
    const close = (reply: Reply): void => {
      if (!questions.delete(key)) return;
      clearTimeout(timer);
      signal.removeEventListener("abort", takenBack);
      resolve(reply);
      this.#watch();
    };
    signal.addEventListener("abort", takenBack, { once: true });
    questions.set(key, { method, params: withoutProgress(params), close });
    this.#watch();
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      this.#offer();
    }, COLLECT_MS);
  }

  /** The open questions are the answer to whoever waits. */
  #offer(): void {
    const questions = this.#questions;
    if (questions === undefined || questions.size === 0 || this.#legs.size === 0) return;
    const asked = [...questions].map(([key, { method, params }]) => [key, { method, params }] as const);
    const requestState = this.#deps.stateOf();
    const result = { resultType: "input_required", inputRequests: Object.fromEntries(asked), requestState };
    this.#isDetached = true;
    this.#end({ reply: Reply.of("result", result, "2026") });
  }

  #end(outcome: Outcome): void {
    for (const leg of this.#legs) leg.end(outcome);
    this.#legs.clear();
    this.#watch();
  }

  #left(leg: Leg): void {
    this.#legs.delete(leg);
    const isAbandoned = !this.#isDetached && this.#legs.size === 0;
    this.#watch();
    if (!isAbandoned || this.#isOver()) return;
    const { lingerMs, cancel } = this.#deps;
    if (lingerMs === undefined) cancel();
    else this.#absence = setTimeout(cancel, lingerMs).unref();
  }

  #tell(say: (leg: Leg) => void): void {
    for (const leg of this.#legs) say(leg);
  }

  /** While nobody waits, and nobody is asked, the time of an absent client runs. */
  #watch(): void {
    clearTimeout(this.#absence);
    if (!this.#isDetached || this.#isOver() || this.#legs.size > 0 || (this.#questions?.size ?? 0) > 0)
      return;
    const gone = (): void => this.expire("nobody came back for the outcome");
    this.#absence = setTimeout(gone, this.#deps.questionMs).unref();
  }
}
