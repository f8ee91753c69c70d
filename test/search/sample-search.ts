import type { Tool } from "../../src/domain/offering.ts";
import type { SearchAnswer, ToolQuery } from "../../src/search/search.ts";
import { ToolSearch } from "../../src/search/search.ts";

/** An index over these tools, with a clock that stands still. */
export function searchOver(...tools: readonly Tool[]): ToolSearch {
  const search = new ToolSearch({ now: () => 0 });
  for (const server of new Set(tools.map((tool) => tool.server))) {
    search.replaceServer(
      server,
      tools.filter((tool) => tool.server === server),
    );
  }
  return search;
}

export function find(search: ToolSearch, text: string, options: Partial<ToolQuery> = {}): SearchAnswer {
  return search.find({ text, limit: 10, ...options });
}

export function names(answer: SearchAnswer): readonly string[] {
  return answer.items.map((item) => item.tool.name);
}

export const EMPTY: SearchAnswer = { items: [], total: 0, tookMs: 0 };
