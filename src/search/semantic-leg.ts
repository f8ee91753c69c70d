import { setImmediate as breathe } from "node:timers/promises";

import type { GatewayError } from "../domain/errors.ts";
import type { Tool } from "../domain/offering.ts";
import type { Logger } from "../observability/logger.ts";
import type { VectorStore } from "../storage/storage.ts";
import type { ScoredSlot } from "./best-slots.ts";
import type { Embedder, ModelFacts } from "./embedders/embedder.ts";
import { QueryVectors } from "./query-vectors.ts";
import type { ToolShelf } from "./tool-shelf.ts";
import { VectorFill } from "./vector-fill.ts";
import { VectorIndex } from "./vector-index.ts";

export interface SemanticStatus {
  readonly state: "off" | "loading" | "ready" | "failed";
  /** What kind of model; never where it lies. */
  readonly model: string | undefined;
  /** Why it cannot be used; for the operator. */
  readonly reason: string | undefined;
  readonly embedded: number;
}

/** Why a search by meaning is not one; anybody may read it. */
export const REASONS = {
  off: "No embedding model is configured; the answer is that of a keyword search.",
  loading: "The embedding model is still being loaded; the answer is that of a keyword search.",
  failed: "The embedding model cannot be used just now; the answer is that of a keyword search.",
  late: "The embedding model took too long over this query; the answer is that of a keyword search.",
  empty: "No tool has been embedded yet; the answer is that of a keyword search.",
} as const;
export type Reason = keyof typeof REASONS;

/** Searches by meaning: the model, the vectors of all tools, and those of queries. */
export class SemanticLeg {
  readonly #shelf: ToolShelf;
  readonly #embedder: Embedder;
  readonly #queries: QueryVectors;
  readonly #fill: VectorFill;
  #index: VectorIndex | undefined;
  #model: ModelFacts | undefined;
  #failure: GatewayError | undefined;
  /** No slot below has no vector, but for tools that cannot be embedded. */
  #cursor = 0;
  /** Changes whenever a slot loses its tool. */
  #epoch = 0;

  constructor(deps: {
    shelf: ToolShelf;
    embedder: Embedder;
    store: VectorStore;
    logger: Logger;
    budgetMs: number;
    pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
    now?: () => number;
  }) {
    this.#shelf = deps.shelf;
    this.#embedder = deps.embedder;
    this.#queries = new QueryVectors(deps);
    this.#fill = new VectorFill({
      ...deps,
      target: {
        ready: (model) => this.#ready(model),
        failed: (error) => {
          this.#failure = error;
        },
        recovered: () => {
          this.#failure = undefined;
        },
        pending: (limit, skip) => this.#pending(limit, skip),
        put: (tool, vector) => this.#put(tool, vector),
        tools: () => this.#tools(),
      },
    });
  }

  start(): void {
    this.#fill.start();
  }

  async close(): Promise<void> {
    const filled = this.#fill.close();
    await this.#embedder.close();
    await filled;
  }

  get status(): SemanticStatus {
    const { state } = this;
    const reason = state === "failed" ? this.#failure?.message : undefined;
    return { state, model: this.#model?.id, reason, embedded: this.#index?.size ?? 0 };
  }

  get state(): "loading" | "ready" | "failed" {
    if (this.#failure !== undefined) return "failed";
    return this.#index === undefined ? "loading" : "ready";
  }

  /** Tools came or went. */
  changed(): void {
    this.#cursor = 0;
    this.#fill.wake();
  }

  removed(slot: number): void {
    this.#epoch++;
    this.#index?.remove(slot);
  }

  renumbered(moved: Int32Array): void {
    this.#epoch++;
    this.#cursor = 0;
    this.#index?.renumber(moved);
  }

  embeddedIn(mask: Uint8Array): number {
    return this.#index?.countIn(mask) ?? 0;
  }

  /** The vector of the query, or why there is none. Waits for the budget at most, and never rejects. */
  async vectorOf(text: string): Promise<Float32Array | Reason> {
    if (this.#index === undefined) return this.#failure === undefined ? "loading" : "failed";
    if (this.#index.size === 0) return "empty";
    const { vector, ...missed } = await this.#queries.find(text);
    if (vector === undefined) return "isLate" in missed && missed.isLate ? "late" : "failed";
    return vector.length === this.#index.dimensions ? vector : "failed";
  }

  /** The nearest slots that are set in `mask`. Lets others go on between slices; nothing if slots changed meanwhile. */
  async nearest(
    query: Float32Array,
    mask: Uint8Array,
    limit: number,
  ): Promise<readonly ScoredSlot[] | undefined> {
    const epoch = this.#epoch;
    const scan = this.#index?.nearest(query, mask.slice(0, this.#shelf.end), limit);
    for (let step = scan?.next(); step !== undefined; step = scan?.next()) {
      if (step.done === true) return step.value;
      await breathe();
      if (epoch !== this.#epoch) return undefined;
    }
    return undefined;
  }

  /** As `nearest`, in one go. */
  nearestNow(query: Float32Array, mask: Uint8Array, limit: number): readonly ScoredSlot[] {
    const scan = this.#index?.nearest(query, mask, limit);
    for (let step = scan?.next(); step !== undefined; step = scan?.next()) {
      if (step.done === true) return step.value;
    }
    return [];
  }

  /** The similarity of a slot to the query; nothing if the slot has no vector yet. */
  similarity(slot: number, query: Float32Array): number | undefined {
    return this.#index?.has(slot) === true ? this.#index.similarity(slot, query) : undefined;
  }

  #ready(model: ModelFacts): void {
    if (this.#model?.id === model.id && this.#model.dimensions === model.dimensions) return;
    this.#model = model;
    this.#index = new VectorIndex(model.dimensions);
    this.#cursor = 0;
    this.#queries.forget();
  }

  #pending(limit: number, skip: (tool: Tool) => boolean): readonly Tool[] {
    const found: Tool[] = [];
    const { end } = this.#shelf;
    let first = end;
    for (let slot = this.#cursor; slot < end && found.length < limit; slot++) {
      const tool = this.#index?.has(slot) === true ? undefined : this.#shelf.tool(slot);
      if (tool === undefined || skip(tool)) continue;
      first = Math.min(first, slot);
      found.push(tool);
    }
    this.#cursor = first;
    return found;
  }

  /** The tool may have gone or changed while it was embedded. */
  #put(tool: Tool, vector: Float32Array): void {
    const slot = this.#shelf.slotsOf(tool.server).get(tool.id);
    if (slot !== undefined && this.#shelf.tool(slot) === tool) this.#index?.put(slot, vector);
  }

  *#tools(): Generator<Tool> {
    for (let slot = 0; slot < this.#shelf.end; slot++) {
      const tool = this.#shelf.tool(slot);
      if (tool !== undefined) yield tool;
    }
  }
}
