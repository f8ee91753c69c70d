import { GatewayError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Attempt } from "../resilience/resilience.ts";
import type { Reply } from "../wire/reply.ts";
import type { CallContext } from "./call.ts";
import { missingCapability } from "./client-capabilities.ts";
import {
  type InputRequest,
  type InputRequired,
  inputRequiredIn,
  malformed,
  unanswerable,
} from "./input-required.ts";

const MAX_ROUNDS = 16;
/** Before a request is repeated for an upstream that only wants to be asked again. */
const PAUSE_MS = 250;

/**
 * A call of a 2025 client to a 2026 upstream: what the upstream wants to know is asked of the client by real requests,
 * and the call is sent again with the answers. An attempt that failed before its leg was sent is repeated from that
 * leg on: nobody is asked twice.
 */
export class InputRounds {
  readonly #server: string;
  readonly #first: JsonObject;
  readonly #caller: Pick<CallContext, "envelope" | "onRequest">;
  /** Of the next leg. */
  #params: JsonObject;
  #rounds = 0;

  constructor(server: string, params: JsonObject, caller: Pick<CallContext, "envelope" | "onRequest">) {
    this.#server = server;
    this.#first = params;
    this.#params = params;
    this.#caller = caller;
  }

  async run(attempt: Attempt, send: (params: JsonObject) => Promise<Reply>): Promise<Reply> {
    for (;;) {
      const reply = await send(this.#params);
      const needed = inputRequiredIn(reply, this.#server);
      if (needed === undefined) return reply;
      if (++this.#rounds > MAX_ROUNDS)
        throw malformed(this.#server, `it still asks after ${MAX_ROUNDS} rounds`);
      this.#params = { ...this.#first, ...(await this.#answersTo(needed, attempt)) };
    }
  }

  async #answersTo({ requests, state }: InputRequired, attempt: Attempt): Promise<JsonObject> {
    this.#checkCapabilities(requests);
    const round = new AbortController();
    const leave = (): void => round.abort();
    attempt.signal.addEventListener("abort", leave, { once: true });
    try {
      const inputResponses = await attempt.waiting(() => this.#ask(requests, round.signal));
      if (attempt.signal.aborted) throw gone();
      return {
        ...(requests.length === 0 ? {} : { inputResponses }),
        ...(state === undefined ? {} : { requestState: state }),
      };
    } finally {
      attempt.signal.removeEventListener("abort", leave);
      // One that could not be answered makes the others pointless.
      round.abort();
    }
  }

  /** Nobody is asked anything in vain. */
  #checkCapabilities(requests: readonly InputRequest[]): void {
    const { envelope, onRequest } = this.#caller;
    const capabilities = onRequest === undefined ? {} : (envelope?.capabilities ?? {});
    for (const { method, params } of requests) {
      const missing = missingCapability(capabilities, method, params);
      if (missing !== undefined) throw unanswerable(this.#server, method, missing);
    }
  }

  async #ask(requests: readonly InputRequest[], signal: AbortSignal): Promise<JsonObject> {
    if (requests.length === 0) await pause(signal);
    const answers = requests.map(
      async (request) => [request.key, await this.#answer(request, signal)] as const,
    );
    return Object.fromEntries(await Promise.all(answers));
  }

  async #answer({ method, params }: InputRequest, signal: AbortSignal): Promise<JsonObject> {
    const server = this.#server;
    const reply = await this.#caller.onRequest?.({ method, params, signal });
    if (reply === undefined) throw unanswerable(server, method, method);
    if (reply.kind === "result") return reply.value;
    // The one question that has a form for "no answer".
    if (method === "elicitation/create") return { action: "cancel" };
    const { message } = reply.value;
    const said = typeof message === "string" ? `: ${message}` : ".";
    throw new GatewayError(
      "interaction_unsupported",
      `Upstream "${server}" asked its caller a question (${method}) that was not answered${said}`,
      { details: { server, method }, executed: "unknown" },
    );
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, PAUSE_MS);
    signal.addEventListener("abort", end);
  });
}

function gone(): GatewayError {
  return new GatewayError("cancelled", "The call was cancelled while its caller was asked.", {
    executed: "unknown",
  });
}
