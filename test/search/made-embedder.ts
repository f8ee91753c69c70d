import {
  type Embedder,
  EmbedderFailure,
  type ModelFacts,
  type TextKind,
  normalise,
} from "../../src/search/embedders/embedder.ts";
import type { VectorStore } from "../../src/storage/storage.ts";
import { DIMENSIONS, GROUPS } from "./embedders/made-models.ts";

/** A model of a few words, some of which mean the same. It does what the test says. */
export class MadeEmbedder implements Embedder {
  batch = 4;
  facts: ModelFacts = { id: "made", dimensions: DIMENSIONS };
  /** Every text that was embedded, in order. */
  readonly documents: string[] = [];
  readonly queries: string[] = [];
  readonly sizes: number[] = [];
  failure: EmbedderFailure | undefined;
  /** A text with this in it cannot be embedded. */
  poison: string | undefined;
  /** Queries wait for this. */
  gate: Promise<unknown> = Promise.resolve();
  closed = false;

  async model(): Promise<ModelFacts> {
    if (this.failure !== undefined) throw this.failure;
    return this.facts;
  }

  async embed(texts: readonly string[], kind: TextKind): Promise<readonly Float32Array[]> {
    if (this.failure !== undefined) throw this.failure;
    if (kind === "query") await this.gate;
    const { poison } = this;
    if (poison !== undefined && texts.some((text) => text.includes(poison))) {
      throw new EmbedderFailure("This text is too much.", { byTexts: true });
    }
    (kind === "query" ? this.queries : this.documents).push(...texts);
    if (kind === "document") this.sizes.push(texts.length);
    return texts.map(meaningOf);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** One dimension for each group of words. */
function meaningOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const word of text.toLowerCase().split(/\W+/)) {
    const group = GROUPS.findIndex((members) => members.includes(word));
    if (group >= 0) vector[group] = (vector[group] ?? 0) + 1;
  }
  return normalise(vector);
}

/** Keeps vectors in memory. */
export class MemoryVectors implements VectorStore {
  readonly rows = new Map<string, { vector: Float32Array; day: string }>();
  fails = false;

  async take(keys: readonly string[], day: string): Promise<ReadonlyMap<string, Float32Array>> {
    if (this.fails) throw new EmbedderFailure("The store is away.");
    const found = new Map<string, Float32Array>();
    for (const key of keys) {
      const row = this.rows.get(key);
      if (row === undefined) continue;
      row.day = day;
      found.set(key, row.vector);
    }
    return found;
  }

  async put(vectors: ReadonlyMap<string, Float32Array>, day: string): Promise<void> {
    if (this.fails) throw new EmbedderFailure("The store is away.");
    for (const [key, vector] of vectors) this.rows.set(key, { vector, day });
  }

  async touch(keys: readonly string[], day: string): Promise<void> {
    for (const key of keys) Object.assign(this.rows.get(key) ?? {}, { day });
  }

  async prune(day: string): Promise<number> {
    const old = [...this.rows].filter(([, row]) => row.day < day);
    for (const [key] of old) this.rows.delete(key);
    return old.length;
  }
}
