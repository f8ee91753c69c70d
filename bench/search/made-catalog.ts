import type { Tool } from "../../src/domain/offering.ts";
import { normalise } from "../../src/search/embedders/embedder.ts";
import { toolOf } from "./pack.ts";

const VERBS = "create list get update delete search send export import convert analyze schedule".split(" ");
const THINGS =
  "invoice ticket message file folder report user team project issue branch build image video song recipe flight hotel order customer contact event task note table row chart metric alert server bucket queue secret policy".split(
    " ",
  );
const WORDS = 4_000;

/** The same numbers on every run. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Rare words are rarer than common ones, as in any language. */
function wordOf(random: () => number): string {
  const rank = Math.floor(WORDS ** random());
  return `${THINGS[rank % THINGS.length]}${rank < THINGS.length ? "" : "abcdefghijklmnopqrst"[rank % 20]}${rank < 700 ? "" : rank}`;
}

/** Tools of a hundred to a server, with texts as long as those of real ones. */
export function madeTools(count: number): Tool[] {
  const random = randomOf(count);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  return Array.from({ length: count }, (_, index) => {
    const properties = Object.fromEntries(
      Array.from({ length: 4 }, () => [
        `${wordOf(random)}_${pick(["id", "name", "count", "date"])}`,
        { type: "string", description: `The ${wordOf(random)} of the ${wordOf(random)}` },
      ]),
    );
    const description = Array.from({ length: 18 }, () => wordOf(random)).join(" ");
    return toolOf(`server-${Math.floor(index / 100)}`, {
      name: `${pick(VERBS)}_${wordOf(random)}_${index}`,
      description: `${pick(VERBS)} ${description}.`,
      inputSchema: { type: "object", properties },
    });
  });
}

/** Questions of three to twelve words. */
export function madeQueries(count: number): string[] {
  const random = randomOf(7);
  return Array.from({ length: count }, () =>
    [
      VERBS[Math.floor(random() * VERBS.length)],
      ...Array.from({ length: 2 + random() * 10 }, () => wordOf(random)),
    ].join(" "),
  );
}

/**
 * Stands in for a model: vectors around a thousand subjects, all of them somewhat the same way, as those of real models
 * are. Only where a vector lies is made up; what is measured does the same work.
 */
export class MadeVectors {
  readonly #dimensions: number;
  readonly #random: () => number;
  readonly #common: Float32Array;
  readonly #subjects: readonly Float32Array[];

  constructor(dimensions: number, seed = 1) {
    this.#dimensions = dimensions;
    this.#random = randomOf(seed);
    this.#common = this.#noise();
    this.#subjects = Array.from({ length: 1_000 }, () => this.#noise());
  }

  next(): Float32Array {
    const subject = this.#subjects[Math.floor(this.#random() * this.#subjects.length)] ?? this.#common;
    const own = this.#noise();
    const vector = own.map(
      (value, index) => 0.8 * value + (subject[index] ?? 0) + 0.7 * (this.#common[index] ?? 0),
    );
    return normalise(vector);
  }

  #noise(): Float32Array {
    return Float32Array.from({ length: this.#dimensions }, () => {
      return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    });
  }
}
