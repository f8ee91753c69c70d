import { GatewayError } from "../domain/errors.ts";
import { ulid } from "../domain/ulid.ts";
import type { Logger } from "../observability/logger.ts";
import type { KeyBounds, KeyRow } from "../storage/storage.ts";
import { Reply } from "../wire/reply.ts";
import type { CallAnswer, ToolCall } from "./call.ts";
import { KeyedFlight } from "./idempotency-flight.ts";
import { keyIds } from "./idempotency-ids.ts";
import { BEAT_MS, KeyLedger, type LedgerDeps } from "./idempotency-ledger.ts";

/** A larger answer is not kept. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const SWEEP_MS = 60_000;
/** A sweep comes early when so much of the room for answers was filled since the last. */
const EARLY_SHARE = 8;

/** How a call with a key was served, as metrics count it. */
export type KeyedResult = "executed" | "stored" | "joined" | "conflict" | "unknown" | "not_kept" | "lost";

export interface IdempotencyDeps extends Omit<LedgerDeps, "now" | "instance"> {
  readonly bounds: KeyBounds;
  /** How long a call goes on when its caller is gone. */
  readonly lingerMs: number;
  readonly meters: { countKeyed(result: KeyedResult): void };
  readonly logger: Pick<Logger, "warn">;
  readonly now?: () => number;
}

type Send = (call: ToolCall) => Promise<CallAnswer>;

/**
 * Calls that their callers named with an idempotency key (the law of a call). A call is noted in storage before it is
 * sent, and its answer before it is given: whoever sends it again gets the answer of the first. What was in flight when
 * a gateway died is never sent again.
 */
export class IdempotentCalls {
  readonly #deps: IdempotencyDeps;
  readonly #ledger: KeyLedger;
  readonly #instance = ulid("gw");
  readonly #flights = new Map<string, KeyedFlight<CallAnswer>>();
  #timers: NodeJS.Timeout[] | undefined;
  #started: Promise<void> | undefined;
  #written = 0;

  constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
    this.#ledger = new KeyLedger({ ...deps, instance: this.#instance, now: deps.now ?? Date.now });
  }

  /** Throws what `send` throws, and GatewayError: `idempotency_conflict`, `outcome_unknown`, `answer_not_kept`. */
  async run(call: ToolCall, key: string, send: Send): Promise<CallAnswer> {
    const ids = keyIds(call, key);
    const flightKey = `${ids.id} ${ids.digest} ${ids.leg}`;
    const known = this.#flights.get(flightKey);
    if (known !== undefined) {
      this.#note(call, "joined");
      const answer = await known.join(call.signal);
      return { ...answer, attempts: 0, repeated: "joined" };
    }
    const row = this.#ledger.row(ids);
    const flight = new KeyedFlight(this.#deps.lingerMs, (signal) =>
      this.#fly(row, { ...call, signal }, send).finally(() => this.#flights.delete(flightKey)),
    );
    this.#flights.set(flightKey, flight);
    return flight.join(call.signal);
  }

  close(): void {
    for (const timer of this.#timers ?? []) clearInterval(timer);
  }

  async #fly(row: KeyRow, call: ToolCall, send: Send): Promise<CallAnswer> {
    const stored = await this.#claim(row, call);
    if (stored?.answer !== undefined) {
      this.#note(call, "stored");
      return { reply: unpack(stored.answer), attempts: 0, cache: "off", durationMs: 0, repeated: "stored" };
    }
    this.#note(call, "executed");
    let answer: CallAnswer;
    try {
      answer = await send(call);
    } catch (error) {
      await this.#failed(row, error);
      throw error;
    }
    await this.#finish({ ...row, ...outcomeOf(answer.reply) });
    return answer;
  }

  async #claim(row: KeyRow, { era, signal, tool }: ToolCall): Promise<KeyRow | undefined> {
    try {
      await (this.#started ??= this.#start());
      return await this.#ledger.claim(row, { tool: tool.id, takesQuestions: era === "2026", signal });
    } catch (error) {
      if (error instanceof GatewayError) this.#countRefusal(error);
      throw error;
    }
  }

  /** A gateway whose callers use no keys does none of this. */
  async #start(): Promise<void> {
    const { shared } = this.#deps;
    const beat = (): Promise<void> => this.#ledger.beat().catch((error: unknown) => this.#warn(error));
    if (shared) await beat();
    this.#timers = [setInterval(() => void this.#sweep(), SWEEP_MS).unref()];
    if (shared) this.#timers.push(setInterval(() => void beat(), BEAT_MS).unref());
  }

  async #failed(row: KeyRow, error: unknown): Promise<void> {
    const executed = error instanceof GatewayError ? error.executed : "unknown";
    if (executed !== "not_executed")
      return this.#finish({ ...row, state: executed === "executed" ? "done" : "unknown" });
    try {
      await this.#ledger.release(row);
    } catch (failure) {
      this.#warn(failure);
    }
  }

  /** The caller gets the answer even if it cannot be kept: whoever asks again then hears that it is unknown. */
  async #finish(row: KeyRow): Promise<void> {
    try {
      await this.#ledger.finish(row);
      this.#written += row.answer?.length ?? 0;
      if (this.#written > this.#deps.bounds.bytes / EARLY_SHARE) void this.#sweep();
    } catch (error) {
      this.#deps.meters.countKeyed("lost");
      this.#warn(error);
    }
  }

  async #sweep(): Promise<void> {
    const { store, bounds, now = Date.now } = this.#deps;
    this.#written = 0;
    try {
      await store.sweep(new Date(now()).toISOString(), bounds);
      await store.bury(new Date(now() - 3_600_000).toISOString());
    } catch (error) {
      this.#warn(error);
    }
  }

  #note({ record }: ToolCall, result: "executed" | "stored" | "joined"): void {
    this.#deps.meters.countKeyed(result);
    if (record === undefined) return;
    record.keyed = record.elapsed();
    record.key = result === "executed" ? "new" : result;
  }

  #warn(error: unknown): void {
    this.#deps.logger.warn("idempotency keys not stored", { error });
  }

  #countRefusal({ code }: GatewayError): void {
    if (code === "idempotency_conflict") this.#deps.meters.countKeyed("conflict");
    else if (code === "outcome_unknown") this.#deps.meters.countKeyed("unknown");
    else if (code === "answer_not_kept") this.#deps.meters.countKeyed("not_kept");
  }
}

function outcomeOf(reply: Reply): Pick<KeyRow, "state" | "answer"> {
  const state = isQuestion(reply) ? "asked" : "done";
  return reply.bytes.length > MAX_ANSWER_BYTES ? { state } : { state, answer: pack(reply) };
}

/** The upstream wants to know something first (MCP 2026-07-28): the call is not over. */
function isQuestion(reply: Reply): boolean {
  if (reply.kind === "error" || reply.era !== "2026" || !reply.bytes.includes('"input_required"'))
    return false;
  return reply.value["resultType"] === "input_required";
}

/** Kind and era of the answer travel with its bytes, as their first two. */
function pack({ kind, era, bytes }: Reply): Buffer {
  return Buffer.concat([Buffer.from(`${kind === "error" ? "e" : "r"}${era === "2026" ? "6" : "5"}`), bytes]);
}

function unpack(answer: Buffer): Reply {
  const kind = answer[0] === 0x65 ? "error" : "result";
  return new Reply(kind, answer.subarray(2), answer[1] === 0x36 ? "2026" : "2025");
}
