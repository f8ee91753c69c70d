/** The last so many items, in an array that is made once. */
export class Ring<T> {
  readonly #items: (T | undefined)[];
  /** How many were ever put in. */
  #count = 0;

  constructor(size: number) {
    this.#items = Array.from<T | undefined>({ length: size }).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  add(item: T): void {
    this.#items[this.#count++ % this.#items.length] = item;
  }

  /** Those that came after the first `from` and are still there, the oldest first. */
  since(from: number): readonly T[] {
    const items: T[] = [];
    const size = this.#items.length;
    for (let at = Math.max(from, this.#count - size, 0); at < this.#count; at++) {
      const item = this.#items[at % size];
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  /** The newest that fits. */
  findLast(fits: (item: T) => boolean): T | undefined {
    return this.since(0).findLast(fits);
  }
}
