const WORD_BITS = 32;

/**
 * A bit for each dimension: on which side of the average the vector lies. Two vectors with few different bits are
 * likely to be near each other, and counting those takes a fraction of multiplying the numbers.
 */
export class SignSketch {
  readonly #words: number;
  readonly #mean: Float32Array;
  #bits = new Uint32Array(0);

  constructor(dimensions: number) {
    this.#words = Math.ceil(dimensions / WORD_BITS);
    this.#mean = new Float32Array(dimensions);
  }

  /** The vectors of a model point all somewhat the same way, which would waste most of the bits. To be called first. */
  centre(sample: readonly Float32Array[]): void {
    for (const vector of sample) {
      for (let index = 0; index < vector.length; index++) {
        this.#mean[index] = (this.#mean[index] ?? 0) + (vector[index] ?? 0) / sample.length;
      }
    }
  }

  put(slot: number, vector: Float32Array): void {
    const start = slot * this.#words;
    if (start + this.#words > this.#bits.length) this.#grow(Math.ceil(slot * 1.5 + 1) * this.#words);
    this.#write(vector, this.#bits, start);
  }

  move(from: number, to: number): void {
    this.#bits.copyWithin(to * this.#words, from * this.#words, (from + 1) * this.#words);
  }

  scan(query: Float32Array, end: number): SketchScan {
    const sought = new Uint32Array(this.#words);
    this.#write(query, sought, 0);
    return new SketchScan(sought, { bits: this.#bits, end });
  }

  #write(vector: Float32Array, bits: Uint32Array, start: number): void {
    for (let word = 0; word < this.#words; word++) {
      let packed = 0;
      const first = word * WORD_BITS;
      for (let bit = 0; bit < WORD_BITS && first + bit < vector.length; bit++) {
        if ((vector[first + bit] ?? 0) > (this.#mean[first + bit] ?? 0)) packed |= 1 << bit;
      }
      bits[start + word] = packed;
    }
  }

  #grow(length: number): void {
    const grown = new Uint32Array(length);
    grown.set(this.#bits);
    this.#bits = grown;
  }
}

/** One query against all sketches: first the distances, then how near one must be to be among the closest. */
class SketchScan {
  readonly #sought: Uint32Array;
  readonly #bits: Uint32Array;
  readonly #distances: Uint16Array;
  readonly #histogram: Uint32Array;

  constructor(sought: Uint32Array, { bits, end }: { bits: Uint32Array; end: number }) {
    this.#sought = sought;
    this.#bits = bits;
    this.#distances = new Uint16Array(end).fill(UNMEASURED);
    this.#histogram = new Uint32Array(sought.length * WORD_BITS + 1);
  }

  measure(from: number, to: number, isWanted: (slot: number) => boolean): void {
    const sought = this.#sought;
    const bits = this.#bits;
    const words = sought.length;
    for (let slot = from; slot < to; slot++) {
      if (!isWanted(slot)) continue;
      let distance = 0;
      for (let word = 0, at = slot * words; word < words; word++, at++) {
        distance += bitCount((bits[at] ?? 0) ^ (sought[word] ?? 0));
      }
      this.#distances[slot] = distance;
      this.#histogram[distance] = (this.#histogram[distance] ?? 0) + 1;
    }
  }

  /** At least `count` slots, those of the farthest distance all together. */
  closest(count: number): number[] {
    let farthest = 0;
    for (let sum = 0; farthest < this.#histogram.length; farthest++) {
      sum += this.#histogram[farthest] ?? 0;
      if (sum >= count) break;
    }
    const slots: number[] = [];
    for (let slot = 0; slot < this.#distances.length; slot++) {
      if ((this.#distances[slot] ?? UNMEASURED) <= farthest) slots.push(slot);
    }
    return slots;
  }
}

const UNMEASURED = 0xffff;

/** The bits of a 32-bit word that are set, counted in parallel. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (((fours + (fours >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
