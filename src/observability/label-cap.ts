/** The value that stands for all values beyond the cap. */
export const OVERFLOW = "other";

/**
 * Bounds the distinct values of one label: every new value is a new time series in the gateway and in Prometheus,
 * and names of tools come from outside.
 */
export class LabelCap {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The value itself while there is room for it, else `other`. */
  admit(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#max) return OVERFLOW;
    this.#known.add(value);
    return value;
  }

  release(value: string): void {
    this.#known.delete(value);
  }
}
