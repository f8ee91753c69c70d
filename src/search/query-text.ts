import type { Analyzer } from "./analyzer.ts";
import { STOP_WORDS } from "./stop-words.ts";
import { words } from "./tokens.ts";

/** Longer queries are cut: whoever pastes a document gets an answer in the time of a long question. */
export const MAX_QUERY_LENGTH = 4_000;
const MAX_CLAUSES = 6;
/** A clause of one word ("Thanks!") asks for nothing of its own. */
const MIN_CLAUSE_WORDS = 2;

const SENTENCE_END = /[\n\r;]|[.?!]\s/;
const NEXT_TASK =
  /,? (?:and then|after that|then|also|additionally|furthermore|moreover|finally|lastly|next)\b/i;

export interface QueryWord {
  readonly word: string;
  readonly term: string;
  readonly stop: boolean;
}

export type Clause = readonly QueryWord[];

/**
 * A request often names several tasks ("find a flight to Rome, then book a hotel"). Each is a clause, so that every
 * task can bring its tool to the top; what is beyond the sixth goes to the last.
 */
export function readClauses(text: string, analyzer: Analyzer): Clause[] {
  const clauses: QueryWord[][] = [];
  for (const part of splitTasks(text.slice(0, MAX_QUERY_LENGTH))) {
    const found = readWords(part, analyzer);
    const meaning = found.filter((word) => !word.stop).length;
    const last = clauses.at(-1);
    if (last !== undefined && (meaning < MIN_CLAUSE_WORDS || clauses.length === MAX_CLAUSES))
      last.push(...found);
    else if (found.length > 0) clauses.push(found);
  }
  return clauses;
}

function splitTasks(text: string): string[] {
  return text.split(SENTENCE_END).flatMap((sentence) => sentence.replace(/\s+/g, " ").split(NEXT_TASK));
}

function readWords(text: string, analyzer: Analyzer): QueryWord[] {
  return words(text).map((word) => ({ word, term: analyzer.stem(word), stop: STOP_WORDS.has(word) }));
}
