import MiniSearch, { type SearchOptions } from "minisearch";

import type { Tool } from "../domain/offering.ts";
import { words } from "./tokens.ts";

const MAX_SUGGEST_LENGTH = 200;
/** While somebody types, other requests go on between slices of the first build. */
const BUILD_SLICE = 250;
const MIN_FUZZY_LENGTH = 4;
/** So many wrong letters for each letter of a word. */
const FUZZINESS = 0.2;

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly server: string;
}

/** Tools whose name or server begins with what somebody has typed so far. Built when it is first asked for. */
export class Suggestions {
  readonly #tools = new Map<string, Tool>();
  #building: Promise<MiniSearch<Entry>> | undefined;
  #changed = new Set<string>();

  /** The same tool may come as a newer object, which changes nothing in the index. */
  put(tool: Tool, isNew: boolean): void {
    if (isNew) this.#note(tool.id);
    this.#tools.set(tool.id, tool);
  }

  remove(id: string): void {
    this.#note(id);
    this.#tools.delete(id);
  }

  async find(
    text: string,
    options: { limit: number; visible?: ((tool: Tool) => boolean) | undefined },
  ): Promise<readonly Tool[]> {
    const typed = text.slice(0, MAX_SUGGEST_LENGTH);
    if (words(typed).length === 0) return [];
    this.#building ??= this.#build();
    const index = await this.#building;
    this.#catchUp(index);
    const seen = (id: unknown): Tool | undefined => {
      const tool = this.#tools.get(String(id));
      return tool === undefined || options.visible?.(tool) === false ? undefined : tool;
    };
    const search = (fuzzy: SearchOptions["fuzzy"]): Tool[] => {
      const found = index.search(typed, {
        ...(fuzzy && { fuzzy }),
        filter: ({ id }) => seen(id) !== undefined,
      });
      return found.slice(0, options.limit).flatMap(({ id }) => seen(id) ?? []);
    };
    const tools = search(undefined);
    // Typing errors cost time, so they are thought of only when there is nothing else.
    return tools.length > 0 ? tools : search((term) => (term.length >= MIN_FUZZY_LENGTH ? FUZZINESS : false));
  }

  #note(id: string): void {
    if (this.#building !== undefined) this.#changed.add(id);
  }

  async #build(): Promise<MiniSearch<Entry>> {
    const index = new MiniSearch<Entry>({
      fields: ["name", "server"],
      tokenize: words,
      processTerm: (term) => term,
      searchOptions: {
        boost: { name: 3 },
        combineWith: "AND",
        // Only the last word may still be half-written.
        prefix: (_term, position, terms) => position === terms.length - 1,
        maxFuzzy: 2,
      },
    });
    await index.addAllAsync([...this.#tools.values()].map(toEntry), { chunkSize: BUILD_SLICE });
    return index;
  }

  /** What changed since the last question, and while the index was built. */
  #catchUp(index: MiniSearch<Entry>): void {
    for (const id of this.#changed) {
      const tool = this.#tools.get(id);
      if (index.has(id)) index.discard(id);
      if (tool !== undefined) index.add(toEntry(tool));
    }
    this.#changed = new Set();
  }
}

function toEntry({ id, name, server }: Tool): Entry {
  return { id, name, server };
}
