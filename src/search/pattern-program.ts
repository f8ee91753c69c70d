import { InvalidRequest } from "../domain/errors.ts";
import type { PatternNode, SignTest } from "./pattern-syntax.ts";

/** One state of the automaton; `next` and `other` are numbers of states. */
export type Step =
  | { readonly kind: "sign"; readonly matches: SignTest; readonly next: number }
  | { readonly kind: "start" | "end"; readonly next: number }
  | { readonly kind: "fork"; readonly next: number; readonly other: number }
  | { readonly kind: "match" };

export interface Program {
  readonly steps: readonly Step[];
  readonly first: number;
}

const MAX_STEPS = 300;

/** Thompson's construction: built from the end, so that each part knows what follows it. */
export function compilePattern(pattern: PatternNode): Program {
  const steps: Step[] = [{ kind: "match" }];
  return { steps, first: compileNode(pattern, 0, steps) };
}

function compileNode(node: PatternNode, next: number, steps: Step[]): number {
  switch (node.kind) {
    case "sign":
      return push({ kind: "sign", matches: node.matches, next }, steps);
    case "start":
    case "end":
      return push({ kind: node.kind, next }, steps);
    case "sequence":
      return node.nodes.reduceRight((following, part) => compileNode(part, following, steps), next);
    case "choice":
      return node.nodes
        .map((part) => compileNode(part, next, steps))
        .reduceRight((other, part) => push({ kind: "fork", next: part, other }, steps));
    case "repeat":
      return compileRepeat(node, next, steps);
  }
}

function compileRepeat(repeat: PatternNode & { kind: "repeat" }, next: number, steps: Step[]): number {
  const { node, minimum, maximum } = repeat;
  let entry = next;
  if (maximum === Infinity) {
    entry = push({ kind: "match" }, steps);
    steps[entry] = { kind: "fork", next: compileNode(node, entry, steps), other: next };
  } else {
    for (let count = minimum; count < maximum; count++) {
      entry = push({ kind: "fork", next: compileNode(node, entry, steps), other: next }, steps);
    }
  }
  for (let count = 0; count < minimum; count++) entry = compileNode(node, entry, steps);
  return entry;
}

function push(step: Step, steps: Step[]): number {
  if (steps.length >= MAX_STEPS) {
    throw new InvalidRequest("The pattern cannot be used: it is too large once its counts are written out.");
  }
  return steps.push(step) - 1;
}
