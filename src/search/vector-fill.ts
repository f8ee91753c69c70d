import { setImmediate as breathe, setTimeout as pauseFor } from "node:timers/promises";

import type { GatewayError } from "../domain/errors.ts";
import type { Tool } from "../domain/offering.ts";
import type { Logger } from "../observability/logger.ts";
import type { VectorStore } from "../storage/storage.ts";
import { type Embedder, EmbedderFailure, type ModelFacts } from "./embedders/embedder.ts";
import { toolText, vectorKey } from "./tool-text.ts";

/** As many tools are in work at once; their texts and vectors are all the memory that the filling takes. */
const CHUNK = 256;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
const MAX_FAILURES = 3;
const DAY_MS = 24 * 3_600_000;
const KEPT_DAYS = 30;

/** The tools that want vectors, and where those go. */
export interface FillTarget {
  /** The model is known; a new one makes all vectors void. */
  ready(model: ModelFacts): void;
  /** The model cannot be used just now. */
  failed(error: GatewayError): void;
  /** It can be used again. */
  recovered(): void;
  /** At most so many tools without a vector, of which `skip` is not true. */
  pending(limit: number, skip: (tool: Tool) => boolean): readonly Tool[];
  put(tool: Tool, vector: Float32Array): void;
  /** All tools. */
  tools(): Iterable<Tool>;
}

interface Wanted {
  readonly tool: Tool;
  readonly key: string;
  readonly text: string;
}

/** Fetches or makes the vectors of all tools, in the background and one chunk after the other. */
export class VectorFill {
  readonly #embedder: Embedder;
  readonly #store: VectorStore;
  readonly #logger: Logger;
  readonly #target: FillTarget;
  readonly #pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  /** How often the embedder gave up over this tool; a new version of it is a new object. */
  readonly #failures = new WeakMap<Tool, number>();
  #awake = new AbortController();
  #sweptOn = "";
  #running: Promise<void> | undefined;

  constructor(deps: {
    embedder: Embedder;
    store: VectorStore;
    logger: Logger;
    target: FillTarget;
    /** Rejects when the signal aborts. */
    pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
    now?: () => number;
  }) {
    this.#embedder = deps.embedder;
    this.#store = deps.store;
    this.#logger = deps.logger;
    this.#target = deps.target;
    this.#pause = deps.pause ?? ((ms, signal) => pauseFor(ms, undefined, { signal, ref: false }));
    this.#now = deps.now ?? Date.now;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be tools without a vector. */
  wake(): void {
    this.#awake.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      this.#awake = new AbortController();
      try {
        const model = await this.#embedder.model();
        this.#target.ready(model);
        const isDone = await this.#fillChunk(model);
        failures = 0;
        this.#target.recovered();
        if (!isDone) await breathe();
        else {
          await this.#sweep(model);
          await this.#rest(DAY_MS, this.#awake.signal);
        }
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#report(error as GatewayError, failures);
        await this.#rest(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++), this.#closing.signal);
      }
    }
  }

  /** True when nothing was left to do. */
  async #fillChunk(model: ModelFacts): Promise<boolean> {
    const tools = this.#target.pending(CHUNK, (tool) => (this.#failures.get(tool) ?? 0) >= MAX_FAILURES);
    if (tools.length === 0) return true;
    const wanted = tools.map((tool) => {
      const text = toolText(tool);
      return { tool, text, key: vectorKey(model.id, text) };
    });
    const known = await this.#store.take(
      wanted.map(({ key }) => key),
      this.#today(),
    );
    const missing = new Map<string, Wanted[]>();
    for (const one of wanted) {
      const vector = known.get(one.key);
      if (vector?.length === model.dimensions) this.#target.put(one.tool, vector);
      else missing.set(one.key, [...(missing.get(one.key) ?? []), one]);
    }
    for (const batch of this.#batches([...missing.values()])) {
      if (this.#closing.signal.aborted) return true;
      await this.#embed(batch);
    }
    return false;
  }

  /** Tools with the same text share a vector; one that failed goes alone, so that it spoils no others. */
  #batches(groups: readonly (readonly Wanted[])[]): (readonly (readonly Wanted[])[])[] {
    const hasFailed = (group: readonly Wanted[]) => group.some(({ tool }) => this.#failures.has(tool));
    const sound = groups.filter((group) => !hasFailed(group));
    const batches: (readonly (readonly Wanted[])[])[] = [];
    for (let start = 0; start < sound.length; start += this.#embedder.batch) {
      batches.push(sound.slice(start, start + this.#embedder.batch));
    }
    return [...batches, ...groups.filter(hasFailed).map((group) => [group])];
  }

  async #embed(batch: readonly (readonly Wanted[])[]): Promise<void> {
    const vectors = new Map<string, Float32Array>();
    try {
      const made = await this.#embedder.embed(
        batch.map(([first]) => first?.text ?? ""),
        "document",
      );
      for (const [position, group] of batch.entries()) {
        const vector = made[position];
        if (vector === undefined) continue;
        for (const { tool, key } of group) {
          vectors.set(key, vector);
          this.#target.put(tool, vector);
        }
      }
    } catch (error) {
      if (error instanceof EmbedderFailure && error.byTexts) this.#blame(batch.flat());
      throw error;
    }
    await this.#keep(vectors);
  }

  #blame(wanted: readonly Wanted[]): void {
    for (const { tool } of wanted) {
      const failures = (this.#failures.get(tool) ?? 0) + 1;
      this.#failures.set(tool, failures);
      if (failures < MAX_FAILURES) continue;
      this.#logger.warn("tool cannot be embedded", { server: tool.server, tool: tool.id });
    }
  }

  /** What cannot be kept is of use all the same, and is made again after the next start. */
  async #keep(vectors: ReadonlyMap<string, Float32Array>): Promise<void> {
    try {
      await this.#store.put(vectors, this.#today());
    } catch (error) {
      this.#logger.warn("vectors not kept", { error, vectors: vectors.size });
    }
  }

  /** Once a day: what is in use is marked so, what nobody used for a month is removed. */
  async #sweep(model: ModelFacts): Promise<void> {
    const today = this.#today();
    if (this.#sweptOn === today) return;
    let keys: string[] = [];
    for (const tool of this.#target.tools()) {
      keys.push(vectorKey(model.id, toolText(tool)));
      if (keys.length < CHUNK) continue;
      await this.#store.touch(keys, today);
      keys = [];
      await breathe();
    }
    await this.#store.touch(keys, today);
    await this.#store.prune(dayOf(this.#now() - KEPT_DAYS * DAY_MS));
    this.#sweptOn = today;
  }

  #today(): string {
    return dayOf(this.#now());
  }

  #report(error: GatewayError, failures: number): void {
    this.#target.failed(error);
    if (failures === 0) this.#logger.warn("tools are not being embedded", { error });
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    // A pause that ends early ends as one that ends in time.
    await this.#pause(ms, signal).catch(() => {});
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
