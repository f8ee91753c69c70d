import { BestSlots, type ScoredSlot } from "./best-slots.ts";
import { SignSketch } from "./sign-sketch.ts";

/** Vectors lie in blocks, so that growing copies nothing. */
const BLOCK = 1_024;
/** From here on comparing every vector takes longer than a query may. */
const SKETCH_FROM = 10_000;
/** So many of the nearest by their sketches are compared for real: recall .99 and more (bench/search). */
const RESCORED = 2_000;
const RESCORED_SHARE = 0.02;
/** A slice of a scan takes a millisecond or two, and then others may go on. */
const SLICE = { vectors: 4_096, sketches: 32_768 };

const NONE: ReadonlySet<number> = new Set();

/** The vectors of tools by slot. All have length 1, so that their product is the cosine of their angle. */
export class VectorIndex {
  readonly dimensions: number;
  readonly #sketchFrom: number;
  readonly #blocks: Float32Array[] = [];
  #present = new Uint8Array(BLOCK);
  #size = 0;
  #sketch: SignSketch | undefined;

  constructor(dimensions: number, options: { sketchFrom?: number } = {}) {
    this.dimensions = dimensions;
    this.#sketchFrom = options.sketchFrom ?? SKETCH_FROM;
  }

  /** How many slots have a vector. */
  get size(): number {
    return this.#size;
  }

  has(slot: number): boolean {
    return this.#present[slot] === 1;
  }

  put(slot: number, vector: Float32Array): void {
    this.#reserve(slot);
    this.#at(slot).set(vector);
    if (this.#present[slot] !== 1) this.#size++;
    this.#present[slot] = 1;
    this.#sketch?.put(slot, vector);
    if (this.#sketch === undefined && this.#size > this.#sketchFrom) this.#sketchAll();
  }

  remove(slot: number): void {
    if (this.#present[slot] !== 1) return;
    this.#present[slot] = 0;
    this.#size--;
  }

  /** `moved[slot]` is the new slot, or -1 where the tool is gone. Slots only move down. */
  renumber(moved: Int32Array): void {
    let end = 0;
    for (let slot = 0; slot < this.#present.length; slot++) {
      if (this.#present[slot] !== 1) continue;
      const to = moved[slot] ?? -1;
      this.#present[slot] = 0;
      if (to < 0) this.#size--;
      else {
        this.#at(to).set(this.#at(slot));
        this.#sketch?.move(slot, to);
        this.#present[to] = 1;
        end = to + 1;
      }
    }
    this.#blocks.length = Math.min(this.#blocks.length, Math.ceil(end / BLOCK));
  }

  /** In how many slots that are set in `mask` there is a vector. */
  countIn(mask: Uint8Array): number {
    let count = 0;
    const end = Math.min(mask.length, this.#present.length);
    for (let slot = 0; slot < end; slot++) count += (mask[slot] ?? 0) & (this.#present[slot] ?? 0);
    return count;
  }

  /** The cosine of the angle to the slot's vector; 0 if it has none. */
  similarity(slot: number, query: Float32Array): number {
    return this.has(slot) ? this.#product(slot, query) : 0;
  }

  /**
   * The slots set in `mask` that are nearest to the query, nearest first; none at a right angle or beyond. Pauses
   * after each slice: whoever draws may let others go on, as long as no slot is removed or moved meanwhile.
   */
  *nearest(query: Float32Array, mask: Uint8Array, limit: number): Generator<void, readonly ScoredSlot[]> {
    const best = new BestSlots({ limit, pinned: NONE, precedes: (slot, other) => slot < other });
    const sketch = this.#sketch;
    const end = Math.min(mask.length, this.#present.length);
    if (sketch === undefined) {
      for (let start = 0; start < end; start += SLICE.vectors) {
        for (let slot = start; slot < Math.min(end, start + SLICE.vectors); slot++) {
          if (mask[slot] === 1) this.#offer(slot, query, best);
        }
        yield;
      }
      return best.slots;
    }
    const rescored = Math.max(RESCORED, limit, Math.round(this.#size * RESCORED_SHARE));
    const scan = sketch.scan(query, end);
    for (let start = 0; start < end; start += SLICE.sketches) {
      scan.measure(
        start,
        Math.min(end, start + SLICE.sketches),
        (slot) => mask[slot] === 1 && this.has(slot),
      );
      yield;
    }
    for (const slot of scan.closest(rescored)) this.#offer(slot, query, best);
    return best.slots;
  }

  #offer(slot: number, query: Float32Array, best: BestSlots): void {
    if (this.#present[slot] !== 1) return;
    const score = this.#product(slot, query);
    if (score > 0 && score >= best.threshold) best.offer(slot, score);
  }

  /** Two sums at a time, because each addition would otherwise wait for the one before. */
  #product(slot: number, query: Float32Array): number {
    const block = this.#blocks[Math.floor(slot / BLOCK)] ?? NOTHING;
    const start = (slot % BLOCK) * this.dimensions;
    let even = 0;
    let odd = 0;
    for (let index = 1; index < this.dimensions; index += 2) {
      even += (block[start + index - 1] ?? 0) * (query[index - 1] ?? 0);
      odd += (block[start + index] ?? 0) * (query[index] ?? 0);
    }
    const last = this.dimensions - 1;
    return last % 2 === 0 ? even + odd + (block[start + last] ?? 0) * (query[last] ?? 0) : even + odd;
  }

  #at(slot: number): Float32Array {
    const start = (slot % BLOCK) * this.dimensions;
    const block = this.#blocks[Math.floor(slot / BLOCK)];
    return block === undefined ? NOTHING : block.subarray(start, start + this.dimensions);
  }

  #reserve(slot: number): void {
    while (this.#blocks.length * BLOCK <= slot) this.#blocks.push(new Float32Array(BLOCK * this.dimensions));
    if (slot < this.#present.length) return;
    const grown = new Uint8Array(Math.max(slot + 1, this.#present.length * 2));
    grown.set(this.#present);
    this.#present = grown;
  }

  #sketchAll(): void {
    const sketch = new SignSketch(this.dimensions);
    const slots = [...this.#present.keys()].filter((slot) => this.has(slot));
    sketch.centre(slots.slice(0, this.#sketchFrom).map((slot) => this.#at(slot)));
    for (const slot of slots) sketch.put(slot, this.#at(slot));
    this.#sketch = sketch;
  }
}

const NOTHING = new Float32Array(0);
