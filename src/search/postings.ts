/** A posting is one number: the tool's slot in the upper 20 bits, the term's impact in the lower 12. */
export const IMPACT_BITS = 12;
export const MAX_IMPACT = (1 << IMPACT_BITS) - 1;
export const MAX_SLOTS = 1 << (32 - IMPACT_BITS);

/** The tools in which one term stands, slots ascending. */
export class Postings {
  readonly term: string;
  /** Which letters the term has, one bit each: most words that are no near miss are ruled out by it. */
  readonly letters: number;
  #packed = new Uint32Array(2);
  #length = 0;

  constructor(term: string) {
    this.term = term;
    this.letters = lettersOf(term);
  }

  /** Only the first `length` numbers count. */
  get packed(): Uint32Array {
    return this.#packed;
  }

  get length(): number {
    return this.#length;
  }

  /** `slot` must be higher than every slot before; `impact` is from 0 to 1. */
  append(slot: number, impact: number): void {
    if (this.#length === this.#packed.length) this.#resize(Math.ceil(this.#length * 1.5) + 2);
    this.#packed[this.#length++] = slot * (MAX_IMPACT + 1) + Math.max(1, Math.round(impact * MAX_IMPACT));
  }

  /** In how many of the slots that are set in `mask` the term stands. */
  countIn(mask: Uint8Array): number {
    const packed = this.#packed;
    let count = 0;
    for (let index = 0; index < this.#length; index++)
      count += mask[(packed[index] ?? 0) >>> IMPACT_BITS] ?? 0;
    return count;
  }

  *slots(): Generator<number> {
    for (let index = 0; index < this.#length; index++) yield (this.#packed[index] ?? 0) >>> IMPACT_BITS;
  }

  has(slot: number): boolean {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = (this.#packed[middle] ?? 0) >>> IMPACT_BITS;
      if (found === slot) return true;
      if (found < slot) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  /** `moved[slot]` is the new slot, or -1 where the tool is gone. The order of the slots must stay. */
  renumber(moved: Int32Array): void {
    let kept = 0;
    for (let index = 0; index < this.#length; index++) {
      const posting = this.#packed[index] ?? 0;
      const slot = moved[posting >>> IMPACT_BITS] ?? -1;
      if (slot >= 0) this.#packed[kept++] = slot * (MAX_IMPACT + 1) + (posting & MAX_IMPACT);
    }
    this.#length = kept;
    this.#resize(kept);
  }

  #resize(capacity: number): void {
    const grown = new Uint32Array(capacity);
    grown.set(this.#packed.subarray(0, Math.min(this.#length, capacity)));
    this.#packed = grown;
  }
}

export function lettersOf(term: string): number {
  let letters = 0;
  for (let index = 0; index < term.length; index++) letters |= 1 << (term.charCodeAt(index) & 31);
  return letters;
}
