import type { Tool } from "../domain/offering.ts";
import type { Analyzer } from "./analyzer.ts";
import type { KeywordIndex } from "./keyword-index.ts";
import type { Postings } from "./postings.ts";

/** No id or name is longer, so a longer text need not be compared. */
const MAX_NAME_LENGTH = 256;

/**
 * The slots of tools whose id, name or server and name (`github/create_issue`) are exactly the text, upper and lower
 * case alike. Only the tools of the text's rarest term are looked at: a tool of that name has all of its terms. (An
 * id that was shortened has others; the shelf knows ids as they are.)
 */
export function exactSlots(
  text: string,
  deps: { analyzer: Analyzer; index: KeywordIndex; candidate: (slot: number) => Tool | undefined },
): ReadonlySet<number> {
  const slots = new Set<number>();
  if (text.length > MAX_NAME_LENGTH) return slots;
  const sought = text.toLowerCase();
  for (const slot of rarestOf(deps.analyzer.allTerms(text), deps.index)?.slots() ?? []) {
    const tool = deps.candidate(slot);
    if (tool !== undefined && isCalled(sought, tool)) slots.add(slot);
  }
  return slots;
}

function rarestOf(terms: readonly string[], index: KeywordIndex): Postings | undefined {
  let rarest: Postings | undefined;
  for (const term of terms) {
    const postings = index.postingsOf(term);
    if (postings === undefined) return undefined;
    if (rarest === undefined || postings.length < rarest.length) rarest = postings;
  }
  return rarest;
}

function isCalled(sought: string, tool: Tool): boolean {
  const name = tool.name.toLowerCase();
  if (sought === name || sought === tool.id.toLowerCase()) return true;
  const qualified = sought.length === tool.server.length + 1 + name.length;
  return qualified && sought.endsWith(name) && sought.startsWith(tool.server.toLowerCase());
}
