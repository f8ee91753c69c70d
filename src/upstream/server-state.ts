import type { GatewayError } from "../domain/errors.ts";
import type { Era } from "../domain/protocol.ts";
import type { UpstreamError } from "../domain/upstream-errors.ts";
import type { AnyConnection, Slot } from "./slot.ts";

/** How the connections to one upstream are. */
export interface UpstreamStatus {
  readonly state: "idle" | "connecting" | "ready" | "failed" | "disabled";
  /** Why the last attempt failed, or how the last connection ended; nothing while one is open. */
  readonly error?: GatewayError;
  /** When this state began. */
  readonly since: string;
  /** How many are open. */
  readonly connections: number;
  /** How many callers have one of their own, open or not. */
  readonly leases: number;
  readonly era?: Era;
  /** All that were found so far. */
  readonly eras: readonly Era[];
  readonly stderrTail?: string;
  readonly pid?: number;
  /** When this process was started. */
  readonly startedAt?: string;
  /** How often a process, or a session, was made anew because the one before had ended by itself. */
  readonly restarts: number;
}

type State = UpstreamStatus["state"];

interface ServerStateDeps {
  readonly slots: () => readonly Slot[];
  readonly leases: () => number;
  readonly onStatus: (status: UpstreamStatus) => void;
  readonly now: () => number;
}

/** What becomes of the connections to one upstream, taken together. */
export class ServerState {
  readonly #deps: ServerStateDeps;
  readonly #found = new Set<Era>();
  #state: State = "idle";
  #since: number;
  #error: UpstreamError | undefined;
  #lastStderr: string | undefined;
  /** A shared connection has ended by itself, and there is no new one yet. */
  #isLost = false;
  #restarts = 0;

  constructor(deps: ServerStateDeps) {
    this.#deps = deps;
    this.#since = deps.now();
  }

  get eras(): readonly Era[] {
    return [...this.#found];
  }

  get status(): UpstreamStatus {
    const open = this.#deps.slots().flatMap(({ connection }) => connection ?? []);
    const [first] = open;
    const stderrTail = first?.stderrTail ?? this.#lastStderr;
    return {
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      connections: open.length,
      leases: this.#deps.leases(),
      eras: this.eras,
      restarts: this.#restarts,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(first === undefined ? {} : { era: first.era }),
      ...(stderrTail === undefined ? {} : { stderrTail }),
      ...(first?.pid === undefined ? {} : { pid: first.pid }),
      ...(first?.startedAt === undefined ? {} : { startedAt: first.startedAt.toISOString() }),
    };
  }

  connected({ era }: AnyConnection): void {
    this.#found.add(era);
    this.changed();
  }

  ended(error: UpstreamError, { stderrTail }: AnyConnection): void {
    this.#lastStderr = stderrTail;
    this.changed(error);
  }

  /** A shared connection is there. True if it takes the place of one that had ended by itself. */
  restarted(): boolean {
    if (!this.#isLost) return false;
    this.#isLost = false;
    this.#restarts += 1;
    return true;
  }

  lost(): void {
    this.#isLost = true;
  }

  /** Tells the new state, if it is one. */
  changed(error = this.#error): void {
    const state = this.#stateNow(error);
    this.#error = state === "ready" ? undefined : error;
    if (state === this.#state && state !== "failed") return;
    this.#state = state;
    this.#since = this.#deps.now();
    this.#deps.onStatus(this.status);
  }

  #stateNow(error: UpstreamError | undefined): State {
    const slots = this.#deps.slots();
    if (slots.some(({ connection }) => connection !== undefined)) return "ready";
    if (slots.some(({ connecting }) => connecting)) return "connecting";
    return error === undefined ? "idle" : "failed";
  }
}
