import { GatewayError } from "../../domain/errors.ts";
import type { Reply } from "../../wire/reply.ts";
import type { FrontRequest } from "../front-request.ts";

export type Outcome = { readonly reply: Reply } | { readonly error: unknown };

interface LegDeps {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** Its client has gone. */
  readonly onLeft: () => void;
}

/** One request of a client that waits for a parked call. */
export class Leg {
  readonly request: FrontRequest;
  readonly #deps: LegDeps;

  constructor(request: FrontRequest, deps: LegDeps) {
    this.request = request;
    this.#deps = deps;
  }

  /** False when its client has gone already. */
  begin(): boolean {
    const { signal } = this.request;
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener("abort", this);
    return !signal.aborted;
  }

  end(outcome: Outcome): void {
    this.request.signal.removeEventListener("abort", this);
    if ("reply" in outcome) this.#deps.resolve(outcome.reply);
    else this.#deps.reject(outcome.error);
  }

  handleEvent(): void {
    this.end({ error: new GatewayError("cancelled", "The caller has gone.", { executed: "unknown" }) });
    this.#deps.onLeft();
  }
}
