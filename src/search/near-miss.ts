import type { KeywordIndex } from "./keyword-index.ts";
import type { Postings } from "./postings.ts";
import { lettersOf } from "./postings.ts";

const MAX_MISSES = 3;
const MIN_LENGTH = 5;
const MIN_LENGTH_OF_TWO_EDITS = 9;

export interface NearMiss {
  readonly postings: Postings;
  readonly edits: number;
}

/**
 * Terms of the index that differ from an unknown term by a typing error: one edit, or two in a long term, and the
 * same first letter. Fewest edits first, then the alphabet.
 */
export function nearMisses(
  term: string,
  index: KeywordIndex,
  known: (postings: Postings) => boolean,
): readonly NearMiss[] {
  if (term.length < MIN_LENGTH || !/^\p{L}+$/u.test(term)) return [];
  const limit = term.length < MIN_LENGTH_OF_TWO_EDITS ? 1 : 2;
  const letters = lettersOf(term);
  const found: NearMiss[] = [];
  for (const postings of index.neighboursOf(term)) {
    const other = postings.term;
    if (Math.abs(other.length - term.length) > limit) continue;
    if (bitCount(letters ^ postings.letters) > 2 * limit) continue;
    const edits = editsBetween(term, other, limit);
    if (edits <= limit && known(postings)) found.push({ postings, edits });
  }
  return found.sort(fewestEdits).slice(0, MAX_MISSES);
}

function fewestEdits(a: NearMiss, b: NearMiss): number {
  return a.edits - b.edits || (a.postings.term < b.postings.term ? -1 : 1);
}

/** Insertions, deletions, substitutions and swaps of neighbours; more than `limit` is given as `limit + 1`. */
export function editsBetween(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let best = row;
    for (let column = 1; column <= b.length; column++) {
      const edits = cellEdits({ a, b, row, column, before, previous, left: current[column - 1] ?? 0 });
      current.push(edits);
      best = Math.min(best, edits);
    }
    if (best > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return Math.min(previous[b.length] ?? 0, limit + 1);
}

interface Cell {
  readonly a: string;
  readonly b: string;
  readonly row: number;
  readonly column: number;
  readonly before: readonly number[];
  readonly previous: readonly number[];
  readonly left: number;
}

function cellEdits({ a, b, row, column, before, previous, left }: Cell): number {
  const same = a.charCodeAt(row - 1) === b.charCodeAt(column - 1);
  const changed = (previous[column - 1] ?? 0) + (same ? 0 : 1);
  const edits = Math.min(changed, (previous[column] ?? 0) + 1, left + 1);
  const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
  return swapped ? Math.min(edits, (before[column - 2] ?? 0) + 1) : edits;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
