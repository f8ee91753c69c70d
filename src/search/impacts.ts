import type { Analyzer } from "./analyzer.ts";
import type { ToolFields } from "./tool-fields.ts";

interface FieldLaw {
  readonly field: keyof ToolFields;
  readonly weight: number;
  /** How strongly a text longer than `usualLength` terms is discounted: BM25's b. */
  readonly discount: number;
  readonly usualLength: number;
}

/**
 * The usual lengths are fixed numbers, not averages of the catalog: a tool's impacts then depend on nothing but the
 * tool, so they are computed once, and a tool that a caller may not see cannot move another tool's score.
 */
const LAWS: readonly FieldLaw[] = [
  { field: "name", weight: 3, discount: 0.3, usualLength: 3 },
  { field: "server", weight: 1.5, discount: 0.3, usualLength: 2 },
  { field: "description", weight: 1, discount: 0.6, usualLength: 16 },
  { field: "parameterNames", weight: 0.5, discount: 0.4, usualLength: 5 },
  { field: "parameterDescriptions", weight: 0.3, discount: 0.4, usualLength: 20 },
  { field: "tags", weight: 0.5, discount: 0.3, usualLength: 3 },
];

/** BM25's k1: how soon more occurrences of a term stop to matter. */
const SATURATION = 2.2;

/** BM25F without the IDF: how much each term says about the tool, from 0 to 1. */
export function impactsOf(fields: ToolFields, analyzer: Analyzer): Map<string, number> {
  const impacts = new Map<string, number>();
  for (const { field, weight, discount, usualLength } of LAWS) {
    const terms = field === "name" ? analyzer.allTerms(fields.name) : analyzer.terms(fields[field]);
    const share = weight / (1 - discount + (discount * terms.length) / usualLength);
    for (const term of terms) impacts.set(term, (impacts.get(term) ?? 0) + share);
  }
  for (const [term, frequency] of impacts) impacts.set(term, frequency / (SATURATION + frequency));
  return impacts;
}
