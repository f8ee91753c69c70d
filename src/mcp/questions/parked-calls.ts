import { randomBytes } from "node:crypto";

import { isInteractive } from "../../proxy/proxy.ts";
import { SignalPool } from "../../resilience/resilience.ts";
import type { Reply } from "../../wire/reply.ts";
import type { FrontRequest } from "../front-request.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { principalOf } from "../session.ts";
import type { Outcome } from "./leg.ts";
import { ParkedCall } from "./parked-call.ts";
import { questionExpired } from "./question-errors.ts";
import { RequestStates, bindingOf, checkBinding, isOwnState, responsesIn } from "./request-states.ts";

export interface ParkedCallsDeps {
  /** Signs states; the same in all replicas and after a restart. */
  readonly key: Buffer;
  readonly limits: { readonly questionMs: number; readonly resumeMs?: number };
  readonly now?: () => number;
  /** A call that began with this request is over, be it long after that was answered. */
  readonly onOver?: (request: FrontRequest) => void;
}

const PARKED_CALLS = 1_000;
const PARKED_OF_ONE = 64;
/** The outcome of a call is kept for a client that repeats its last request. */
const KEPT_MS = 60_000;
const KEPT_BYTES = 16 * 1024 * 1024;

interface Park {
  readonly principal: string;
  /** Either the call, or what became of it: an outcome that is kept must not keep the request. */
  call: ParkedCall | undefined;
  outcome: Outcome | undefined;
  forget: NodeJS.Timeout | undefined;
}

type Work = (request: FrontRequest) => Promise<Reply>;

/** Calls of 2026 clients whose upstreams ask by requests of their own, which those clients do not know. */
export class ParkedCalls {
  readonly #states: RequestStates;
  readonly #questionMs: number;
  readonly #now: () => number;
  readonly #resumeMs: number;
  readonly #onOver: ((request: FrontRequest) => void) | undefined;
  /** Calls with an idempotency key that are under way: their client may come back without the state. */
  readonly #keyed = new Map<string, ParkedCall>();
  readonly #signals = new SignalPool();
  /** In the order in which they were parked. Calls whose upstreams asked nothing are not among them. */
  readonly #parks = new Map<string, Park>();
  readonly #node = randomBytes(6).toString("base64url");

  constructor({ key, limits, now = Date.now, onOver }: ParkedCallsDeps) {
    this.#states = new RequestStates(key);
    this.#questionMs = limits.questionMs;
    this.#now = now;
    this.#resumeMs = limits.resumeMs ?? 60_000;
    this.#onOver = onOver;
  }

  /** Calls that wait for their user or run on for him, and outcomes that are kept. */
  get size(): number {
    return this.#parks.size;
  }

  /** Whether this request may be asked something, or comes back from that. */
  concerns({ params, envelope }: FrontRequest): boolean {
    return (
      isOwnState(params["requestState"]) || (envelope !== undefined && isInteractive(envelope.capabilities))
    );
  }

  /**
   * Answers with questions or with the outcome of `work`. Throws `invalid_request_state` for a state that is not this
   * call's, `question_expired` for a call that is gone.
   */
  async run(request: FrontRequest, work: Work): Promise<Reply> {
    const { requestState } = request.params;
    return isOwnState(requestState) ? this.#resume(request, requestState) : this.#begin(request, work);
  }

  close(): void {
    for (const { call } of this.#parks.values()) call?.expire("the gateway stops");
    for (const { forget } of this.#parks.values()) clearTimeout(forget);
    this.#parks.clear();
  }

  #begin(request: FrontRequest, work: Work): Promise<Reply> {
    const key = keyedCall(request);
    const known = key === undefined ? undefined : this.#keyed.get(key);
    if (known !== undefined) return known.join(request);
    const controller = this.#signals.take();
    const id = randomBytes(12).toString("base64url");
    const call = new ParkedCall(request, {
      questionMs: this.#questionMs,
      lingerMs: key === undefined ? undefined : this.#resumeMs,
      cancel: () => controller.abort(),
      park: () => this.#park(id, request, call),
      stateOf: () => this.#stateOf(id, request),
      onOver: (outcome) => this.#over(id, outcome),
    });
    if (key !== undefined) this.#keyed.set(key, call);
    const first = call.join(request);
    work(call.detached(controller.signal))
      .then(
        (reply) => call.finish({ reply }),
        (error: unknown) => call.finish({ error }),
      )
      .finally(() => {
        if (key !== undefined) this.#keyed.delete(key);
        this.#onOver?.(request);
        this.#signals.give(controller);
      })
      .catch(() => {});
    return first;
  }

  #resume(request: FrontRequest, text: string): Promise<Reply> {
    const state = this.#states.read(text);
    checkBinding(state, bindingOf(request));
    const park = state.node === this.#node ? this.#parks.get(state.id) : undefined;
    if (park?.outcome !== undefined) return settled(park.outcome);
    if (park?.call === undefined) throw questionExpired(this.#reasonFor(state.expires));
    park.call.answer(responsesIn(request.params));
    return park.call.join(request);
  }

  #reasonFor(expires: number): string {
    return expires < this.#now()
      ? "the answer came too late"
      : "the gateway does not know the call, or was restarted";
  }

  #stateOf(id: string, request: FrontRequest): string {
    const expires = this.#now() + this.#questionMs;
    return this.#states.sign({ id, node: this.#node, expires, ...bindingOf(request) });
  }

  #park(id: string, request: FrontRequest, call: ParkedCall): boolean {
    const principal = principalOf(request.identity);
    const waiting = [...this.#parks.values()].filter((park) => park.outcome === undefined);
    if (waiting.length >= PARKED_CALLS) return false;
    if (waiting.filter((park) => park.principal === principal).length >= PARKED_OF_ONE) return false;
    this.#parks.set(id, { principal, call, outcome: undefined, forget: undefined });
    this.#makeRoom();
    return true;
  }

  #over(id: string, outcome: Outcome): void {
    const park = this.#parks.get(id);
    if (park === undefined) return;
    park.call = undefined;
    park.outcome = outcome;
    park.forget = setTimeout(() => this.#parks.delete(id), KEPT_MS).unref();
    this.#makeRoom();
  }

  /** The oldest outcomes go first: whoever repeats a request for one of those hears that it is unknown. */
  #makeRoom(): void {
    let bytes = [...this.#parks.values()].reduce((sum, { outcome }) => sum + bytesOf(outcome), 0);
    for (const [id, { outcome, forget }] of this.#parks) {
      if (this.#parks.size <= PARKED_CALLS && bytes <= KEPT_BYTES) return;
      if (outcome === undefined) continue;
      clearTimeout(forget);
      this.#parks.delete(id);
      bytes -= bytesOf(outcome);
    }
  }
}

/** The same call of the same caller under the same key; nothing for a call without one. */
function keyedCall(request: FrontRequest): string | undefined {
  const key = request.method === "tools/call" ? idempotencyKeyOf(request) : undefined;
  if (key === undefined) return undefined;
  const { principal, endpoint, digest } = bindingOf(request);
  return JSON.stringify([principal, endpoint, digest, key]);
}

function bytesOf(outcome: Outcome | undefined): number {
  return outcome !== undefined && "reply" in outcome ? outcome.reply.bytes.length : 0;
}

function settled(outcome: Outcome): Promise<Reply> {
  return "reply" in outcome ? Promise.resolve(outcome.reply) : Promise.reject(outcome.error);
}
