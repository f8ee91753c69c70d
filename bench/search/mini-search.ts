import MiniSearch from "minisearch";

import type { Tool } from "../../src/domain/offering.ts";
import { stem } from "../../src/search/stemmer.ts";
import { STOP_WORDS } from "../../src/search/stop-words.ts";
import { words } from "../../src/search/tokens.ts";
import { fieldsOf } from "../../src/search/tool-fields.ts";

type Find = (query: string, limit: number) => readonly Tool[];

/** The library as it comes, over the same fields. */
export function miniSearchDefault(tools: readonly Tool[]): Find {
  return finder(
    tools,
    new MiniSearch({ fields: ["name", "server", "description", "parameterNames", "parameterDescriptions"] }),
  );
}

/** The library with all that it lets one set: our words and stems, weights of fields, prefixes and near misses. */
export function miniSearchTuned(tools: readonly Tool[]): Find {
  return finder(
    tools,
    new MiniSearch({
      fields: ["name", "server", "description", "parameterNames", "parameterDescriptions"],
      tokenize: words,
      processTerm: (word) => (STOP_WORDS.has(word) ? null : stem(word)),
      searchOptions: {
        boost: { name: 3, server: 1.5, parameterNames: 0.5, parameterDescriptions: 0.3 },
        bm25: { k: 1.5, b: 0.6, d: 0 },
        prefix: (term) => term.length > 4,
        weights: { prefix: 0.3, fuzzy: 0.3 },
      },
    }),
  );
}

function finder(tools: readonly Tool[], index: MiniSearch): Find {
  index.addAll(tools.map((tool, id) => ({ id, ...fieldsOf(tool) })));
  return (query, limit) =>
    index
      .search(query)
      .slice(0, limit)
      .flatMap(({ id }) => tools[Number(id)] ?? []);
}
