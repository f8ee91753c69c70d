import { createLogger } from "../../src/observability/logger.ts";
import type { SearchType, TypedAnswer, TypedQuery } from "../../src/search/search.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { until } from "../support/child-processes.ts";
import { MadeEmbedder, MemoryVectors } from "./made-embedder.ts";
import { sampleTool } from "./sample-tools.ts";

export const REMOVE = sampleTool("remove_document", {
  server: "files",
  description: "Gets rid of it for good.",
});
export const READ = sampleTool("read_document", {
  server: "files",
  description: "Shows what is inside.",
  readOnly: true,
});
export const FORECAST = sampleTool("forecast", { server: "meteo", description: "Sun or rain in a town." });
export const POST = sampleTool("post_letter", { server: "office", description: "To anybody." });

/** A search over four tools with a model of a few words. */
export class HybridSearch {
  readonly embedder = new MadeEmbedder();
  readonly logged: string[] = [];
  readonly #vectors = new MemoryVectors();
  readonly #opened: ToolSearch[] = [];
  search: ToolSearch;

  constructor() {
    this.search = this.open();
    this.search.replaceServer("files", [REMOVE, READ]);
    this.search.replaceServer("meteo", [FORECAST]);
    this.search.replaceServer("office", [POST]);
  }

  open(change: { share?: number; budgetMs?: number } = {}): ToolSearch {
    const search = new ToolSearch({
      now: () => 0,
      semantics: {
        embedder: this.embedder,
        vectors: this.#vectors,
        logger: createLogger({ level: "warn", write: (line) => this.logged.push(line) }),
        share: 0.3,
        budgetMs: 1_000,
        ...change,
      },
    });
    this.#opened.push(search);
    return search;
  }

  async filled(search = this.search): Promise<void> {
    search.start();
    await until("all tools are embedded", () => search.semantics.embedded === search.size);
  }

  ask(text: string, type: SearchType, more: Partial<TypedQuery> = {}): Promise<TypedAnswer> {
    return this.search.search({ text, type, limit: 10, ...more });
  }

  async close(): Promise<void> {
    for (const search of this.#opened) await search.close();
  }
}

export function found(answer: TypedAnswer): readonly string[] {
  return answer.items.map(({ tool }) => tool.name);
}
