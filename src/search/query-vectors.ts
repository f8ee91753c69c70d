import type { Embedder } from "./embedders/embedder.ts";

const MAX_REMEMBERED = 512;
/** A model reads no more of a question; the rest would only lengthen the keys. */
const MAX_LENGTH = 2_000;

export type QueryVector =
  | { readonly vector: Float32Array }
  /** Too late, or the embedder failed. */
  | { readonly vector: undefined; readonly isLate: boolean };

/** The vectors of queries: remembered, asked for once however many wait, and never waited for longer than the budget. */
export class QueryVectors {
  readonly #embedder: Pick<Embedder, "embed">;
  readonly #budgetMs: number;
  /** In the order of their use, the last at the end. */
  readonly #remembered = new Map<string, Float32Array>();
  readonly #asked = new Map<string, Promise<Float32Array | undefined>>();

  constructor(deps: { embedder: Pick<Embedder, "embed">; budgetMs: number }) {
    this.#embedder = deps.embedder;
    this.#budgetMs = deps.budgetMs;
  }

  async find(query: string): Promise<QueryVector> {
    const text = query.replace(/\s+/g, " ").trim().slice(0, MAX_LENGTH);
    const known = this.#recall(text);
    if (known !== undefined) return { vector: known };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#budgetMs);
    });
    const found = await Promise.race([this.#ask(text), late]);
    clearTimeout(timer);
    return found === undefined || found === "late"
      ? { vector: undefined, isLate: found === "late" }
      : { vector: found };
  }

  /** The vectors of another model are of no use. */
  forget(): void {
    this.#remembered.clear();
    this.#asked.clear();
  }

  #recall(text: string): Float32Array | undefined {
    const vector = this.#remembered.get(text);
    if (vector === undefined) return undefined;
    this.#remembered.delete(text);
    this.#remembered.set(text, vector);
    return vector;
  }

  /** Goes on when the one who asked has given up: the next one with the same question finds the answer. */
  #ask(text: string): Promise<Float32Array | undefined> {
    const present = this.#asked.get(text);
    if (present !== undefined) return present;
    const asked = this.#embedder.embed([text], "query").then(
      ([vector]) => {
        if (this.#asked.get(text) === asked && vector !== undefined) this.#remember(text, vector);
        return vector;
      },
      () => {
        // Whoever needs to know the reason asks the embedder; a query is then answered by words.
        if (this.#asked.get(text) === asked) this.#asked.delete(text);
        return undefined;
      },
    );
    this.#asked.set(text, asked);
    return asked;
  }

  #remember(text: string, vector: Float32Array): void {
    this.#asked.delete(text);
    this.#remembered.set(text, vector);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
