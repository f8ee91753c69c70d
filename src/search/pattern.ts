import { InvalidRequest } from "../domain/errors.ts";
import { compilePattern } from "./pattern-program.ts";
import type { Program } from "./pattern-program.ts";
import { parsePattern } from "./pattern-syntax.ts";

const MAX_PATTERN_LENGTH = 200;
const MAX_TEXT_LENGTH = 256;
/** What may be worked out anew for one pattern; steps that were taken before are looked up. */
const MAX_WORK = 2_000_000;
const MAX_FRONTIERS = 1_000;

/** A set of automaton states that are alive at once, and what each code leads to. */
interface Frontier {
  readonly states: readonly number[];
  readonly matched: boolean;
  readonly matchedAtEnd: boolean;
  readonly table: (Frontier | undefined)[];
}

/**
 * A search pattern of a caller. It is never given to RegExp, which a pattern like `(a+)+$` can hang: an automaton
 * reads each sign once, and the work per pattern is bounded.
 */
export class Pattern {
  readonly #program: Program;
  readonly #frontiers = new Map<string, Frontier>();
  readonly #start: Frontier;
  #work = 0;

  /** The pattern of a query written `/…/`, or nothing if the query is something else. Throws InvalidRequest. */
  static from(query: string): Pattern | undefined {
    const source = /^\/((?:[^/\\]|\\.)+)\/i?$/.exec(query)?.[1];
    if (source === undefined) return undefined;
    if (source.length > MAX_PATTERN_LENGTH) {
      throw new InvalidRequest(`A search pattern has at most ${MAX_PATTERN_LENGTH} characters.`);
    }
    return new Pattern(source);
  }

  private constructor(source: string) {
    this.#program = compilePattern(parsePattern(source));
    this.#start = this.#frontier([this.#program.first], true);
  }

  /** Whether the pattern fits anywhere in the first 256 characters, upper and lower case alike. */
  test(text: string): boolean {
    const signs = text.slice(0, MAX_TEXT_LENGTH).toLowerCase();
    let frontier = this.#start;
    for (let index = 0; index < signs.length && !frontier.matched; index++) {
      const code = signs.charCodeAt(index);
      frontier = frontier.table[code] ?? this.#step(frontier, code);
    }
    return frontier.matched || frontier.matchedAtEnd;
  }

  #step(from: Frontier, code: number): Frontier {
    const reached = [this.#program.first];
    for (const state of from.states) {
      const step = this.#program.steps[state];
      if (step?.kind === "sign" && step.matches(code)) reached.push(step.next);
    }
    const frontier = this.#frontier(reached, false);
    from.table[code] = frontier;
    return frontier;
  }

  #frontier(reached: readonly number[], atStart: boolean): Frontier {
    const states = this.#follow(reached, atStart, false);
    this.#work += states.length;
    const key = `${atStart} ${states.join()}`;
    const known = this.#frontiers.get(key);
    if (known !== undefined) return known;
    if (this.#work > MAX_WORK || this.#frontiers.size >= MAX_FRONTIERS) {
      throw new InvalidRequest("The search pattern is too ambiguous; write it with fewer repetitions.");
    }
    const frontier: Frontier = {
      states,
      matched: states.includes(0),
      matchedAtEnd: this.#follow(reached, atStart, true).includes(0),
      table: [],
    };
    this.#frontiers.set(key, frontier);
    return frontier;
  }

  /** All states that can be reached without reading a sign, in order. State 0 is the match. */
  #follow(reached: readonly number[], atStart: boolean, atEnd: boolean): number[] {
    const seen = new Set<number>();
    const open = [...reached];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen.has(state)) continue;
      seen.add(state);
      const step = this.#program.steps[state];
      if (step === undefined || step.kind === "match" || step.kind === "sign") continue;
      if (step.kind === "start" && !atStart) continue;
      if (step.kind === "end" && !atEnd) continue;
      open.push(step.next);
      if (step.kind === "fork") open.push(step.other);
    }
    return [...seen].sort((a, b) => a - b);
  }
}
