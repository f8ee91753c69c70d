import { ulid } from "../domain/ulid.ts";
import type { CallRecord } from "../observability/call-record.ts";
import type { CallLogStore, CallRow } from "../storage/storage.ts";
import { type CallView, callView } from "./call-view.ts";

/** So many successes of one second are written, evenly spread; failures and slow calls go before. */
export const MAX_USUAL = 64;
const MAX_UNUSUAL = 256;
/** Rows of one statement: SQLite works on the main thread, where calls wait for it meanwhile (4 ms). */
const AT_ONCE = 64;
/** Of one step of a clean-up. */
const PRUNE_STEP = 200;

export interface WriterDeps {
  readonly store: CallLogStore;
  readonly maxRows: number;
  readonly keepMs: number;
  /** One success in so many is written. */
  readonly sample: number;
  readonly count: (result: "stored" | "sampled_out" | "lost", rows: number) => void;
  /** When it begins to fail, and when it works again. */
  readonly onState: (isDegraded: boolean, error?: unknown) => void;
  readonly now: () => number;
}

/** What waits to be written. */
export interface Pending {
  /** Failed or slow. */
  readonly unusual: readonly CallRecord[];
  readonly usual: readonly CallRecord[];
  /** Successes that came too fast to be here. */
  readonly missing: number;
}

/** Writes calls to storage in batches. Whatever goes wrong here is no failure of any call. */
export class CallWriter {
  readonly #deps: WriterDeps;
  #seen = 0;
  #degraded = false;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  get degraded(): boolean {
    return this.#degraded;
  }

  async write({ unusual, usual, missing }: Pending): Promise<void> {
    const chosen = [...unusual.slice(-MAX_UNUSUAL), ...this.#sampled(usual)];
    const { count } = this.#deps;
    count("sampled_out", unusual.length + usual.length + missing - chosen.length);
    for (let start = 0; start < chosen.length; start += AT_ONCE) {
      const some = chosen.slice(start, start + AT_ONCE);
      const isWritten = await this.#attempt(() => this.#deps.store.insert(some.map(rowOf)));
      count(isWritten ? "stored" : "lost", some.length);
      await turn();
    }
  }

  /** Removes what is too old or too much. */
  async prune(): Promise<void> {
    const { store, maxRows, keepMs, now } = this.#deps;
    await this.#attempt(async () => {
      const before = firstIdAt(now() - keepMs);
      for (let removed = PRUNE_STEP; removed === PRUNE_STEP; await turn())
        removed = await store.prune(PRUNE_STEP, before);
      for (let over = (await store.count()) - maxRows; over > 0; over -= PRUNE_STEP, await turn())
        await store.prune(Math.min(PRUNE_STEP, over));
    });
  }

  /** One in `sample`, and of these an even share of what can be written. */
  #sampled(usual: readonly CallRecord[]): readonly CallRecord[] {
    const { sample } = this.#deps;
    const some = sample === 1 ? usual : usual.filter(() => this.#seen++ % sample === 0);
    if (some.length <= MAX_USUAL) return some;
    const step = some.length / MAX_USUAL;
    return Array.from({ length: MAX_USUAL }, (_, n) => some[Math.floor(n * step)]).filter(
      (record) => record !== undefined,
    );
  }

  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#note(false);
      return true;
    } catch (error) {
      this.#note(true, error);
      return false;
    }
  }

  #note(isDegraded: boolean, error?: unknown): void {
    if (isDegraded === this.#degraded) return;
    this.#degraded = isDegraded;
    this.#deps.onState(isDegraded, error);
  }
}

/** Lets calls go on. */
function turn(): Promise<void> {
  return new Promise((next) => {
    setImmediate(next);
  });
}

function rowOf(record: CallRecord): CallRow {
  const view = viewOf(record);
  const { id, tenant, subject, server, tool, outcome } = view;
  const failed = isFailed(view);
  const requestId = view.request_id;
  return { id, tenant, subject, requestId, server, tool, outcome, failed, view: JSON.stringify(view) };
}

export function viewOf(record: CallRecord): CallView {
  return callView(record, ulid("call", record.at));
}

export function isFailed({ outcome }: Pick<CallView, "outcome">): boolean {
  return outcome !== "ok" && outcome !== "asked";
}

/** All calls since then have greater ids. */
export function firstIdAt(time: number): string {
  return ulid("call", Math.max(0, time)).slice(0, "call_".length + 10);
}
