import { type ErrorCode, GatewayError } from "../domain/errors.ts";
import type { Offering } from "../domain/offering.ts";
import { UpstreamTimeout } from "../domain/upstream-errors.ts";
import type { Clock } from "./clock.ts";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
const DEBOUNCE_MS = 100;
/** An upstream that announces changes without end is asked no more often than this. */
const LIST_INTERVAL_MS = 500;

/** Trying again cannot help before somebody changes the definition, or asks for it. */
const PARKED: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth_required",
  "needs_input",
  "egress_denied",
  "config_invalid",
]);

export interface WatchDeps {
  readonly server: string;
  readonly explore: (signal: AbortSignal) => Promise<Offering>;
  /** Called with what was found before it counts as explored. */
  readonly accept: (offering: Offering) => Promise<void>;
  /** Runs a background exploration when its turn has come. */
  readonly enqueue: (work: () => Promise<unknown>) => void;
  readonly onChange: () => void;
  /** For one exploration, connecting and all lists. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Keeps the picture of one upstream, under one definition: when to ask, when to ask again, how it went last. */
export class Watch {
  readonly #deps: WatchDeps;
  readonly #closing = new AbortController();
  #flight: Promise<Offering> | undefined;
  #queued = false;
  #explored = false;
  #error: GatewayError | undefined;
  #failures = 0;
  #callOffRetry: (() => void) | undefined;
  #callOffList: (() => void) | undefined;
  #lastListAt = Number.NEGATIVE_INFINITY;
  #listDirty = false;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /** The first exploration is over, well or badly. */
  get explored(): boolean {
    return this.#explored;
  }

  /** An exploration is under way. */
  get busy(): boolean {
    return this.#flight !== undefined;
  }

  /** Why the last exploration failed; stays while the next one is under way, so that health does not flicker. */
  get error(): GatewayError | undefined {
    return this.#error;
  }

  /** Explores in the background, in turn. */
  soon(): void {
    if (this.#queued || this.#flight !== undefined || this.#isClosed) return;
    this.#queued = true;
    this.#deps.enqueue(async () => {
      if (this.#queued) await this.explore().catch(() => {}); // kept as #error
    });
  }

  /** Explores now; those who ask meanwhile share the answer. `after` is awaited first. */
  explore(after?: Promise<void>): Promise<Offering> {
    this.#queued = false;
    this.#callOffRetry?.();
    this.#flight ??= this.#run(after).finally(() => {
      this.#flight = undefined;
      this.#deps.onChange();
      if (this.#listDirty) this.listChanged();
    });
    return this.#flight;
  }

  /** The upstream said that one of its lists changed. */
  listChanged(): void {
    if (this.#isClosed || this.#callOffList !== undefined) return;
    this.#listDirty = this.#flight !== undefined;
    if (this.#listDirty) return;
    const { clock } = this.#deps;
    const wait = Math.max(DEBOUNCE_MS, this.#lastListAt + LIST_INTERVAL_MS - clock.now());
    this.#callOffList = clock.after(wait, () => {
      this.#callOffList = undefined;
      this.#lastListAt = clock.now();
      if (this.#flight === undefined) this.soon();
      else this.#listDirty = true;
    });
  }

  /** The connection was lost outside of an exploration. */
  lost(error: GatewayError): void {
    if (this.#flight !== undefined || this.#error !== undefined || this.#isClosed) return;
    this.#failed(error);
    this.#deps.onChange();
  }

  /** Ends what is under way. Nothing of it is accepted any more. */
  async close(): Promise<void> {
    this.#queued = false;
    this.#callOffRetry?.();
    this.#callOffList?.();
    const reason = new GatewayError("cancelled", `"${this.#deps.server}" is no longer watched.`);
    this.#closing.abort(reason);
    await this.#flight?.catch(() => {}); // told to whoever waits for it
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(after: Promise<void> | undefined): Promise<Offering> {
    try {
      await after;
      const offering = await this.#bounded();
      // First, so that nobody sees the new offering together with the old failure.
      this.#error = undefined;
      await this.#deps.accept(offering);
      this.#failures = 0;
      return offering;
    } catch (error) {
      if (this.#isClosed) throw error;
      throw this.#failed(error);
    } finally {
      this.#explored = true;
    }
  }

  /** Ends at the deadline even if the upstream part does not heed its signal. */
  #bounded(): Promise<Offering> {
    const { server, explore, clock, deadlineMs } = this.#deps;
    const abort = new AbortController();
    const closing = this.#closing.signal;
    const onClose = (): void => abort.abort(closing.reason);
    const callOff = clock.after(deadlineMs, () =>
      abort.abort(new UpstreamTimeout(server, deadlineMs, false)),
    );
    closing.addEventListener("abort", onClose, { once: true });
    return new Promise<Offering>((resolve, reject) => {
      abort.signal.addEventListener("abort", () => reject(abort.signal.reason as Error), { once: true });
      if (closing.aborted) onClose();
      explore(abort.signal).then(resolve, reject);
    }).finally(() => {
      callOff();
      closing.removeEventListener("abort", onClose);
    });
  }

  #failed(cause: unknown): GatewayError {
    const { server, clock, random } = this.#deps;
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError("internal", `The upstream "${server}" could not be explored.`, { cause });
    this.#error = error;
    this.#failures++;
    if (!PARKED.has(error.code)) {
      const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
      this.#callOffRetry?.();
      const jittered = longest * (0.5 + random() / 2);
      // Of a process that is parked it is known when it may be tried again.
      const parkedMs = error.code === "crash_loop" ? (error.retryAfterMs ?? 0) : 0;
      this.#callOffRetry = clock.after(Math.max(jittered, parkedMs), () => this.soon());
    }
    return error;
  }
}
