import type { Identity } from "../domain/identity.ts";
import type { Tool } from "../domain/offering.ts";
import type { RedisLink } from "../redis/redis.ts";
import { type LoadState, OverloadGuard, type OverloadSettings } from "./overload-guard.ts";
import { type RateLimitSettings, RateLimits } from "./rate-limits.ts";
import type { Verdict } from "./verdict.ts";

export { type LoadState, OverloadGuard } from "./overload-guard.ts";
export { type RateLimitSettings, RateLimits } from "./rate-limits.ts";
export type { Verdict } from "./verdict.ts";

interface TrafficDeps {
  readonly settings: { readonly rateLimits: RateLimitSettings; readonly overload: OverloadSettings };
  readonly link: RedisLink | undefined;
  readonly meters: { countLimited(limit: string): void; countRefused(): void };
  readonly onLoad: (state: LoadState) => void;
}

/** Who may come in now. */
export class Traffic {
  /** Counts a call of a tool; absent where there is no limit. */
  readonly admitCall: ((identity: Identity, tool: Tool) => void | Promise<void>) | undefined;
  readonly #limits: RateLimits;
  readonly #guard: OverloadGuard;

  private constructor(limits: RateLimits, guard: OverloadGuard, areLimited: boolean) {
    this.#limits = limits;
    this.#guard = guard;
    this.admitCall = areLimited ? (identity, tool) => limits.call(identity, tool) : undefined;
  }

  static async open({ settings, link, meters, onLoad }: TrafficDeps): Promise<Traffic> {
    const limits = await RateLimits.open({
      settings: settings.rateLimits,
      link,
      onLimited: (limit) => meters.countLimited(limit),
    });
    const guard = new OverloadGuard({
      settings: settings.overload,
      onRefused: () => meters.countRefused(),
      onChange: onLoad,
    });
    return new Traffic(limits, guard, settings.rateLimits.isOn);
  }

  get load(): LoadState {
    return this.#guard.state;
  }

  /** To be called when the listener is open: the start blocks the loop. */
  start(): void {
    this.#guard.start();
  }

  close(): void {
    this.#guard.close();
  }

  /** A request that is new work. Throws or rejects with GatewayError: overloaded, rate_limited. */
  admit(identity: Identity): void | Promise<void> {
    this.#guard.check();
    const counted = this.#limits.request(identity);
    if (counted instanceof Promise) return counted.then(() => undefined);
  }

  /** Throws or rejects with GatewayError("rate_limited"). */
  countRequest(identity: Identity): Verdict | undefined | Promise<Verdict> {
    return this.#limits.request(identity);
  }

  /** Throws GatewayError("overloaded"). */
  checkLoad(): void {
    this.#guard.check();
  }
}
