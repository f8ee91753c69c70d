import { Batches } from "../resilience/resilience.ts";
import type { SessionRow, SessionStore } from "../storage/storage.ts";
import type { SessionState } from "./session.ts";

/** A client with an id that is gone asks again and again; for so long it is answered without a read. */
const UNKNOWN_MS = 5_000;
const MAX_UNKNOWN = 10_000;
/** How many rows go at once when there are too many: counting them for each new one would cost more. */
const TRIM_SHARE = 0.05;

/** The sessions in storage. What comes in at the same time is written, or read, in one statement. */
export class StoredSessions {
  readonly #store: SessionStore;
  readonly #maxRows: number;
  readonly #inserts: Batches<SessionRow, void>;
  readonly #reads: Batches<string, SessionRow | undefined>;
  readonly #reading = new Map<string, Promise<SessionRow | undefined>>();
  readonly #removing = new Set<string>();
  readonly #unknown = new Set<string>();
  #unknownUntil = 0;
  /** What is known of the number of rows; it is counted again whenever it seems too high. */
  #rows = Infinity;

  constructor(deps: { store: SessionStore; maxRows: number }) {
    this.#store = deps.store;
    this.#maxRows = deps.maxRows;
    this.#inserts = new Batches((rows) => this.#insert(rows));
    this.#reads = new Batches((ids) => this.#read(ids));
  }

  /** Resolves when the row survives a crash. */
  add(row: SessionRow): Promise<void> {
    return this.#inserts.add(row);
  }

  /** One read for all who ask for an id at the same time; nothing for an id that was not there a moment ago. */
  find(id: string, now: number): Promise<SessionRow | undefined> | undefined {
    if (now >= this.#unknownUntil) this.#unknown.clear();
    if (this.#unknown.has(id) || this.#removing.has(id)) return undefined;
    let reading = this.#reading.get(id);
    if (reading === undefined) {
      reading = this.#lookUp(id, now).finally(() => this.#reading.delete(id));
      this.#reading.set(id, reading);
    }
    return reading;
  }

  /** False when the row is gone. */
  change(id: string, { logLevel, subscriptions }: SessionState): Promise<boolean> {
    const rest = { subscriptions: [...subscriptions] };
    return this.#store.change(id, logLevel === undefined ? rest : { logLevel, ...rest });
  }

  async remove(id: string, now: number): Promise<void> {
    this.#removing.add(id);
    try {
      await this.#store.remove(id);
      this.#note(id, now);
    } finally {
      this.#removing.delete(id);
    }
  }

  async sweep(used: readonly string[], at: number, idleMs: number): Promise<void> {
    await this.#store.touch(used, new Date(at).toISOString());
    await this.#store.removeIdle(new Date(at - idleMs).toISOString());
    await this.#trim();
  }

  touch(used: readonly string[], at: number): Promise<void> {
    return this.#store.touch(used, new Date(at).toISOString());
  }

  async #insert(rows: readonly SessionRow[]): Promise<readonly void[]> {
    await this.#store.insert(rows);
    this.#rows += rows.length;
    if (this.#rows > this.#maxRows) await this.#trim();
    return [];
  }

  async #trim(): Promise<void> {
    const rest = Math.floor(this.#maxRows * (1 - TRIM_SHARE));
    try {
      this.#rows = await this.#store.trim(this.#maxRows, rest);
    } catch {
      // The new rows are stored; the next insert tries again.
    }
  }

  async #read(ids: readonly string[]): Promise<readonly (SessionRow | undefined)[]> {
    const rows = new Map((await this.#store.find(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id));
  }

  async #lookUp(id: string, now: number): Promise<SessionRow | undefined> {
    const row = await this.#reads.add(id);
    if (row === undefined) this.#note(id, now);
    return this.#removing.has(id) || this.#unknown.has(id) ? undefined : row;
  }

  #note(id: string, now: number): void {
    if (this.#unknown.size >= MAX_UNKNOWN) this.#unknown.clear();
    if (this.#unknown.size === 0) this.#unknownUntil = now + UNKNOWN_MS;
    this.#unknown.add(id);
  }
}
