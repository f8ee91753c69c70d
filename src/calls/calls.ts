import { type CallOrigin, CallRecord } from "../observability/call-record.ts";
import type { LawMeters } from "../observability/law-meters.ts";
import type { Logger } from "../observability/logger.ts";
import type { CallLogStore } from "../storage/storage.ts";
import type { CallView } from "./call-view.ts";
import { CallWriter, type WriterDeps, firstIdAt, isFailed, viewOf } from "./call-writer.ts";
import { Ring } from "./ring.ts";

export type { CallView } from "./call-view.ts";

/** Calls that are kept in memory: few, for what lives on makes the garbage collection dearer. */
export const RING = 512;
/** Failed and slow ones that wait to be written. */
const WAITING = 1_024;
const FLUSH_MS = 1_000;
const PRUNE_MS = 60_000;

export interface CallLogDeps extends Omit<WriterDeps, "now"> {
  readonly store: CallLogStore;
  /** A call that took longer is always written. */
  readonly slowMs: number;
  readonly now?: () => number;
}

export interface CallLogSettings extends Pick<CallLogDeps, "keepMs" | "maxRows" | "sample" | "slowMs"> {
  readonly isOn: boolean;
}

/** Nothing where calls are not to be logged. */
export function openCallLog(
  { isOn, ...settings }: CallLogSettings,
  { store, meters, logger }: { store: CallLogStore; meters: LawMeters; logger: Logger },
): CallLog | undefined {
  if (!isOn) return undefined;
  return new CallLog({
    ...settings,
    store,
    count: (result, rows) => meters.countLogged(result, rows),
    onState: (isDegraded, error) =>
      isDegraded ? logger.warn("calls are not logged", { error }) : logger.info("calls are logged again"),
  });
}

/** Whose calls may be seen. */
export interface Reader {
  readonly tenant: string;
  /** Absent: those of all callers of the tenant. */
  readonly subject?: string | undefined;
}

export interface CallQuery {
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  readonly outcome?: string | undefined;
  readonly failed?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** An id: only calls before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** What every call met on its way: the last ones in memory, and more of them in storage, where they are written each second. */
export class CallLog {
  readonly #deps: CallLogDeps;
  readonly #writer: CallWriter;
  readonly #ring = new Ring<CallRecord>(RING);
  /** Failed or slow, not yet written. */
  #unusual: CallRecord[] = [];
  /** How many of the ring were looked at for writing. */
  #written = 0;
  #writing: Promise<void> | undefined;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(deps: CallLogDeps) {
    this.#deps = deps;
    this.#writer = new CallWriter({ ...deps, now: deps.now ?? Date.now });
  }

  /** The log cannot be written just now; what is in memory can be read. */
  get degraded(): boolean {
    return this.#writer.degraded;
  }

  start(): void {
    const flush = setInterval(() => void this.flush(), FLUSH_MS).unref();
    const prune = setInterval(() => void this.#writer.prune(), PRUNE_MS).unref();
    this.#timers = [flush, prune];
  }

  begin(origin: CallOrigin): CallRecord {
    return new CallRecord(origin);
  }

  end(record: CallRecord): void {
    if (record.ended >= 0) return;
    record.ended = record.elapsed();
    this.#ring.add(record);
    if (record.outcome !== "ok" || record.ended > this.#deps.slowMs * 1_000) this.#remember(record);
  }

  /** One write at a time; who asks meanwhile waits for it and for the next. */
  async flush(): Promise<void> {
    if (this.#writing !== undefined) await this.#writing;
    if (this.#written === this.#ring.count) return;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** The newest call of this request, or the call of this id. */
  async find(name: string, reader: Reader): Promise<CallView | undefined> {
    await this.flush();
    const isId = name.startsWith("call_");
    const inMemory = this.#ring.findLast(
      (record) => record.origin.requestId === name && isReadable(record.origin, reader),
    );
    const filter = isId ? { ...reader, from: name, before: `${name}0` } : { ...reader, requestId: name };
    const rows = await this.#stored(() => this.#deps.store.find(filter, 1));
    const stored = rows?.[0] === undefined ? undefined : (JSON.parse(rows[0].view) as CallView);
    // A request may be logged twice: as a call that asked its user, and as its end.
    return stored ?? (inMemory && viewOf(inMemory));
  }

  /** The newest first. From memory alone while the storage does not answer. */
  async list(query: CallQuery, reader: Reader): Promise<readonly CallView[]> {
    await this.flush();
    const { limit, since, server, tool, outcome, failed, before } = query;
    const from = since === undefined ? undefined : firstIdAt(since);
    const filter = { ...reader, server, tool, outcome, failed, before, from };
    const rows = await this.#stored(() => this.#deps.store.find(filter, limit));
    if (rows !== undefined) return rows.map(({ view }) => JSON.parse(view) as CallView);
    return this.#ring
      .since(0)
      .filter(({ origin }) => isReadable(origin, reader))
      .map(viewOf)
      .filter((view) => fits(view, query))
      .toReversed()
      .slice(0, limit);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.flush();
  }

  #remember(record: CallRecord): void {
    // More than can be written are not kept.
    if (this.#unusual.length < WAITING) this.#unusual.push(record);
  }

  async #write(): Promise<void> {
    const unusual = this.#unusual;
    const since = this.#written;
    this.#unusual = [];
    this.#written = this.#ring.count;
    const inRing = this.#ring.since(since);
    const chosen = new Set(unusual);
    const usual = inRing.filter((record) => !chosen.has(record));
    const missing = this.#written - since - usual.length - unusual.length;
    await this.#writer.write({ unusual, usual, missing });
  }

  /** Nothing when the storage does not answer. */
  async #stored<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch {
      return undefined;
    }
  }
}

function isReadable({ tenant, subject }: CallOrigin, reader: Reader): boolean {
  return tenant === reader.tenant && (reader.subject === undefined || subject === reader.subject);
}

function fits(view: CallView, { server, tool, outcome, failed, since, before }: CallQuery): boolean {
  if (server !== undefined && view.server !== server) return false;
  if (tool !== undefined && view.tool !== tool) return false;
  if (outcome !== undefined && view.outcome !== outcome) return false;
  if (failed !== undefined && isFailed(view) !== failed) return false;
  if (before !== undefined && view.id >= before) return false;
  return since === undefined || Date.parse(view.at) >= since;
}
