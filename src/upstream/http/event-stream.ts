import type { Limits } from "../../domain/limits.ts";
import type { EventSink, ExchangeOptions, HttpAnswer, StreamPosition } from "../../wire/http-exchange.ts";
import type { SseEvent } from "../../wire/sse.ts";
import { pause } from "../wait.ts";
import { protocolError } from "./rpc-call.ts";

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** A stream that lived that long was no failure. */
const STEADY_MS = 10_000;
/** Refusals that may be over later. Every other one says that there is no such stream. */
const PASSING = (status: number): boolean => status >= 500 || status === 429 || status === 408;

/** Whether an answer to a request for a stream says that there is none, now or later. */
export function isNoStream({ streamed, status }: HttpAnswer): boolean {
  return !streamed && !PASSING(status);
}

interface EventStreamDeps {
  readonly server: string;
  readonly limits: Limits;
  /** Asks for the stream; settles when it has ended. */
  readonly open: (options: ExchangeOptions, lastEventId: string | undefined) => Promise<HttpAnswer>;
  /** True ends the stream; it is then asked for again. */
  readonly receive: (event: SseEvent) => boolean;
  /** The stream is back after a failure: something may have been missed. */
  readonly onGap: () => void;
  readonly minPauseMs?: number | undefined;
}

/** A stream of what an upstream says unasked, kept open with growing pauses. That it fails harms no call. */
export class EventStream {
  readonly #deps: EventStreamDeps;
  readonly #closing = new AbortController();
  /** Settles when the stream is open for the first time, or when it is clear that it will not be for now. */
  readonly tried: Promise<void>;
  #onTried: () => void = () => {};
  #lastEventId: string | undefined;
  #failures = 0;
  #retryMs: number | undefined;

  constructor(deps: EventStreamDeps) {
    this.#deps = deps;
    this.tried = new Promise((resolve) => (this.#onTried = resolve));
  }

  start(): void {
    this.#run().catch(() => undefined);
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { minPauseMs = MIN_PAUSE_MS } = this.#deps;
    while (!signal.aborted) {
      const outcome = await this.#once(signal);
      if (outcome === "none") return;
      const wantedMs = this.#retryMs ?? minPauseMs * 2 ** Math.min(this.#failures, 16);
      const pauseMs = Math.min(MAX_PAUSE_MS, Math.max(wantedMs, minPauseMs));
      await pause(pauseMs * (0.5 + Math.random() / 2), signal);
    }
  }

  async #once(signal: AbortSignal): Promise<"ended" | "none"> {
    const { server, limits } = this.#deps;
    const turn = new Turn(this.#deps, {
      remember: (id) => (this.#lastEventId = id),
      afterFailure: this.#failures > 0,
      onOpened: this.#onTried,
    });
    try {
      const options = { server, signal, maxBytes: limits.sseEventBytes, sink: turn };
      const answer = await this.#deps.open(options, this.#lastEventId);
      if (isNoStream(answer)) return "none";
      this.#failures = answer.streamed && turn.ageMs > STEADY_MS ? 0 : this.#failures + 1;
      this.#retryMs = turn.retryMs;
    } catch {
      this.#failures = turn.ageMs > STEADY_MS ? 1 : this.#failures + 1;
      this.#retryMs = undefined;
    } finally {
      this.#onTried();
    }
    return "ended";
  }
}

interface TurnPlace {
  readonly remember: (eventId: string) => void;
  readonly afterFailure: boolean;
  readonly onOpened: () => void;
}

/** One stream from its beginning to its end. Counts what comes: a flood ends it. */
class Turn implements EventSink {
  readonly #deps: EventStreamDeps;
  readonly #place: TurnPlace;
  #openedAt: number | undefined;
  #position: StreamPosition | undefined;
  #windowFrom = 0;
  #inWindow = 0;

  constructor(deps: EventStreamDeps, place: TurnPlace) {
    this.#deps = deps;
    this.#place = place;
  }

  get ageMs(): number {
    return this.#openedAt === undefined ? 0 : performance.now() - this.#openedAt;
  }

  /** The pause that the upstream has asked for. */
  get retryMs(): number | undefined {
    return this.#position?.retryMs;
  }

  opened(position: StreamPosition): void {
    this.#position = position;
    this.#openedAt = performance.now();
    this.#place.onOpened();
    if (this.#place.afterFailure) this.#deps.onGap();
  }

  event(event: SseEvent): boolean {
    this.#count();
    if (event.id !== undefined) this.#place.remember(event.id);
    return event.data.length > 0 && this.#deps.receive(event);
  }

  #count(): void {
    const now = performance.now();
    if (now - this.#windowFrom > STEADY_MS) {
      this.#windowFrom = now;
      this.#inWindow = 0;
    }
    if (++this.#inWindow > this.#deps.limits.notificationsPerCall) {
      throw protocolError(this.#deps.server, "it sends too many notifications");
    }
  }
}
