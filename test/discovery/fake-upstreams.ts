import type { Upstreams } from "../../src/discovery/discovery.ts";
import type { GatewayError } from "../../src/domain/errors.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { withResolvers } from "../support/manual-clock.ts";

type Answer = (signal: AbortSignal) => Promise<Offering>;

/** Upstreams that answer as a test tells them, and note what was asked of them. */
export class FakeUpstreams implements Upstreams {
  readonly explored: string[] = [];
  readonly dropped: string[] = [];
  readonly states = new Map<string, ReturnType<Upstreams["status"]>>();
  readonly #answers = new Map<string, Answer>();

  offers(server: string, offering: Offering = EMPTY_OFFERING): void {
    this.#answers.set(server, async () => offering);
  }

  fails(server: string, error: Error): void {
    this.#answers.set(server, async () => {
      throw error;
    });
  }

  /** Hangs until its signal aborts; with `deaf`, even longer. The answer lets it answer after all. */
  hangs(server: string, options: { deaf?: boolean } = {}): (offering: Offering) => void {
    const { promise, resolve, reject } = withResolvers<Offering>();
    this.#answers.set(server, (signal) => {
      if (options.deaf !== true) signal.addEventListener("abort", () => reject(signal.reason as Error));
      return promise;
    });
    return resolve;
  }

  explore(server: string, signal: AbortSignal): Promise<Offering> {
    this.explored.push(server);
    return (this.#answers.get(server) ?? (async () => EMPTY_OFFERING))(signal);
  }

  async drop(server: string): Promise<void> {
    this.dropped.push(server);
  }

  status(server: string): ReturnType<Upstreams["status"]> {
    return this.states.get(server) ?? { state: "idle" };
  }

  is(server: string, state: "idle" | "ready" | "failed", error?: GatewayError, stderrTail?: string): void {
    this.states.set(server, { state, error, stderrTail });
  }
}
