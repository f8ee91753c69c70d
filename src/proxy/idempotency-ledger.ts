import { Batches } from "../resilience/resilience.ts";
import type { IdempotencyStore, KeyRow } from "../storage/storage.ts";
import { answerNotKept, otherArguments, outcomeUnknown, stillInFlight } from "./idempotency-errors.ts";
import type { KeyIds } from "./idempotency-ids.ts";

/** A gateway that has not said for so long that it lives is dead. */
const ALIVE_MS = 15_000;
export const BEAT_MS = 5_000;
/** How often one asks after a call that another replica carries. */
const LOOK_MS = 250;

export interface LedgerDeps {
  readonly store: IdempotencyStore;
  /** Names this start of the gateway. */
  readonly instance: string;
  /** Whether other gateways may be alive on the same storage. */
  readonly shared: boolean;
  readonly keepMs: number;
  readonly now: () => number;
}

interface Claimed {
  readonly tool: string;
  /** Callers of the 2025 era cannot be given an upstream's question as an answer. */
  readonly takesQuestions: boolean;
  readonly signal: AbortSignal;
}

/** The calls with a key, in storage. What comes at the same time is written in one statement. */
export class KeyLedger {
  readonly #deps: LedgerDeps;
  readonly #claims: Batches<KeyRow, boolean>;
  readonly #ends: Batches<KeyRow, void>;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.#claims = new Batches(async (rows) => {
      // Of two rows with one id in a batch, the first was made.
      const made = new Set(await deps.store.claim(rows));
      return rows.map(({ id }) => made.delete(id));
    });
    this.#ends = new Batches(async (rows) => {
      // The last word on a key counts, and one statement may not name a row twice.
      await deps.store.finish([...new Map(rows.map((row) => [row.id, row])).values()]);
      return rows.map((): void => {});
    });
  }

  row(ids: KeyIds): KeyRow {
    const { instance, keepMs, now } = this.#deps;
    const startedAt = new Date(now()).toISOString();
    const expiresAt = new Date(now() + keepMs).toISOString();
    return { ...ids, instance, state: "in_flight", startedAt, expiresAt };
  }

  /**
   * Notes the call, so that it survives a crash, before it is sent. Answers with the row of the same call if it was
   * made before; then nothing must be sent. Throws GatewayError: `idempotency_conflict`, `outcome_unknown`,
   * `answer_not_kept`, `storage_unavailable`.
   */
  async claim(row: KeyRow, claimed: Claimed): Promise<KeyRow | undefined> {
    const { store } = this.#deps;
    for (;;) {
      if (await this.#claims.add(row)) return undefined;
      const found = await store.find(row.id);
      // It may have been given up just now.
      const made = found && this.#made(found, row, claimed);
      if (made === "in flight" && found !== undefined) await this.#another(found, row, claimed);
      else if (made === "over" && found !== undefined && (await store.replace(found, row))) return undefined;
      else if (typeof made === "object") return made;
    }
  }

  /** Resolves when the answer, or what is known of it, survives a crash. */
  finish(row: KeyRow): Promise<void> {
    return this.#ends.add(row);
  }

  /** It was not executed: the key is free. */
  release(row: KeyRow): Promise<void> {
    return this.#deps.store.release([row.id]);
  }

  beat(): Promise<void> {
    const { store, instance, now } = this.#deps;
    return store.beat(instance, new Date(now()).toISOString());
  }

  /** What the row that was found means for the call: its answer, or that it must wait, or may take the row's place. */
  #made(found: KeyRow, row: KeyRow, { tool, takesQuestions }: Claimed): KeyRow | "in flight" | "over" {
    if (Date.parse(found.expiresAt) <= this.#deps.now()) return "over";
    if (found.digest !== row.digest) throw otherArguments(tool);
    if (found.state === "done") return answered(found, tool);
    if (found.state === "unknown") throw outcomeUnknown(tool);
    if (found.state === "in_flight") return "in flight";
    // The user's answers are the next part of the call.
    return found.leg === row.leg && takesQuestions ? answered(found, tool) : "over";
  }

  /** The row says "in flight". Returns when it is time to look again; throws when nothing will come of it. */
  async #another(found: KeyRow, row: KeyRow, { tool, signal }: Claimed): Promise<void> {
    const { store, instance, shared, now } = this.#deps;
    if (found.instance === instance) throw found.leg === row.leg ? outcomeUnknown(tool) : stillInFlight(tool);
    const since = new Date(now() - ALIVE_MS).toISOString();
    if (!shared || !(await store.isAlive(found.instance, since))) throw outcomeUnknown(tool);
    await pause(signal);
  }
}

function answered(row: KeyRow, tool: string): KeyRow {
  if (row.answer === undefined) throw answerNotKept(tool);
  return row;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, LOOK_MS);
    signal.addEventListener("abort", leave, { once: true });
  });
}
