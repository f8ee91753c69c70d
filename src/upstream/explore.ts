import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import type { Offering } from "../domain/offering.ts";
import { type Era, RPC } from "../domain/protocol.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";
import { badParamHeader } from "../wire/mcp-headers.ts";
import type { Reply } from "../wire/reply.ts";
import { CHECKS, KEYS, bounded } from "./definition-check.ts";
import { EVERYTHING } from "./sharing.ts";
import type { AnyConnection } from "./slot.ts";

export type List = keyof typeof CHECKS;

const METHODS: Readonly<Record<List, string>> = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  resourceTemplates: "resources/templates/list",
};
/** For lists that have no limit of their own. */
const MAX_ITEMS = 10_000;
/** All pages of one list together, in replies of the largest size. */
const MAX_LIST_REPLIES = 4;

export interface Finding {
  readonly items: readonly JsonObject[];
  readonly quarantined: Offering["quarantined"];
}

const NOTHING: Finding = { items: [], quarantined: [] };

/**
 * Reads every page of all that an upstream offers, and judges it piece by piece: what is malformed is left out and named.
 * Only a failure of the tools' list is a failure of the whole. Rejects with UpstreamError or GatewayError("cancelled").
 */
export async function exploreConnection(
  connection: AnyConnection,
  options: {
    readonly server: string;
    readonly limits: Limits;
    readonly eras: readonly Era[];
    readonly signal: AbortSignal;
  },
): Promise<Offering> {
  const { capabilities, serverInfo, instructions } = connection;
  const reader = new ListReader(connection, options);
  const has = (capability: string): boolean => isJsonObject(capabilities[capability]);
  const [tools, prompts, resources, resourceTemplates] = await Promise.all([
    reader.read("tools"),
    has("prompts") ? reader.read("prompts") : NOTHING,
    has("resources") ? reader.read("resources") : NOTHING,
    has("resources") ? reader.read("resourceTemplates") : NOTHING,
  ]);
  return {
    tools: tools.items,
    prompts: prompts.items,
    resources: resources.items,
    resourceTemplates: resourceTemplates.items,
    capabilities: bounded(capabilities, options.limits),
    serverInfo: bounded(serverInfo, options.limits),
    instructions:
      instructions === undefined ? undefined : shortened(instructions, options.limits.descriptionBytes),
    eras: options.eras,
    quarantined: [tools, prompts, resources, resourceTemplates].flatMap(({ quarantined }) => quarantined),
  };
}

/** One list. Rejects as `exploreConnection` does. */
export function readList(
  connection: AnyConnection,
  list: List,
  options: { readonly server: string; readonly limits: Limits; readonly signal: AbortSignal },
): Promise<Finding> {
  return new ListReader(connection, options).read(list);
}

export function maxItems(list: List, { toolsPerUpstream }: Pick<Limits, "toolsPerUpstream">): number {
  return list === "tools" ? toolsPerUpstream : MAX_ITEMS;
}

class ListReader {
  readonly #connection: AnyConnection;
  readonly #server: string;
  readonly #limits: Limits;
  readonly #signal: AbortSignal;

  constructor(connection: AnyConnection, options: { server: string; limits: Limits; signal: AbortSignal }) {
    this.#connection = connection;
    this.#server = options.server;
    this.#limits = options.limits;
    this.#signal = options.signal;
  }

  async read(list: List): Promise<Finding> {
    // Over HTTP a client leaves out tools whose marks for headers cannot be honoured; elsewhere marks mean nothing.
    const { era, sessionful } = this.#connection;
    const collection = new Collection(list, this.#limits, era === "2026" && sessionful !== undefined);
    const cursors = new Set<string>();
    let cursor: string | undefined;
    let bytes = 0;
    for (let page = 1; ; page++) {
      const reply = await this.#page(METHODS[list], cursor);
      if (reply.kind === "error") return collection.endedBy(this.#problemIn(reply, list));
      bytes += reply.bytes.length;
      const { value } = reply;
      collection.add(value[list]);
      const next = value["nextCursor"];
      if (typeof next !== "string" || next === "") return collection.endedBy(undefined);
      if (cursors.has(next)) return collection.endedBy("it repeats a cursor");
      if (page >= this.#limits.listPages) return collection.endedBy(`it has more than ${page} pages`);
      if (bytes > MAX_LIST_REPLIES * this.#limits.replyBytes || collection.full)
        return collection.endedBy("it is too long");
      cursors.add(next);
      cursor = next;
    }
  }

  #page(method: string, cursor: string | undefined): Promise<Reply> {
    const params: JsonObject = cursor === undefined ? {} : { cursor };
    return this.#connection.call({
      method,
      params,
      era: this.#connection.era,
      scope: "",
      // Some upstreams show a tool only to a client that can answer its questions.
      envelope: EVERYTHING,
      signal: this.#signal,
    });
  }

  /** Nothing for a method that the upstream does not have. */
  #problemIn(reply: Reply, list: List): string | undefined {
    const { code, message } = reply.value;
    if (code === RPC.methodNotFound) return undefined;
    const reason = typeof message === "string" ? message.slice(0, 200) : JSON.stringify(code);
    if (list !== "tools") return `the upstream answered with an error: ${reason}`;
    const text = `Upstream "${this.#server}" answered "${METHODS[list]}" with an error: ${reason}.`;
    throw new UpstreamError("upstream_protocol_error", this.#server, "rejected", text, {
      details: { rpc_code: code },
    });
  }
}

/** Good definitions, and the reasons against the others. */
class Collection {
  readonly #list: List;
  readonly #limits: Limits;
  readonly #maxItems: number;
  readonly #items = new Map<string, JsonObject>();
  readonly #quarantined: { tool: string; reason: string }[] = [];
  readonly #markHeaders: boolean;
  #left = 0;

  constructor(list: List, limits: Limits, markHeaders: boolean) {
    this.#list = list;
    this.#markHeaders = markHeaders;
    this.#limits = limits;
    this.#maxItems = maxItems(list, limits);
  }

  get full(): boolean {
    return this.#left > 0 || this.#quarantined.length > this.#maxItems;
  }

  add(page: Json | undefined): void {
    if (!Array.isArray(page)) this.#refuse(METHODS[this.#list], `its answer has no array "${this.#list}"`);
    else for (const definition of page as readonly Json[]) this.#addOne(definition);
  }

  endedBy(problem: string | undefined): Finding {
    if (this.#left > 0) this.#refuse(METHODS[this.#list], `only the first ${this.#maxItems} are served`);
    else if (problem !== undefined)
      this.#refuse(METHODS[this.#list], `the list was not read to its end: ${problem}`);
    return { items: [...this.#items.values()], quarantined: this.#quarantined };
  }

  #addOne(definition: Json): void {
    if (!isJsonObject(definition)) return this.#refuse("?", "it is not an object");
    const key = definition[KEYS[this.#list]];
    const name = typeof key === "string" && key !== "" ? key : "?";
    const problem = this.#items.has(name)
      ? "it is defined twice"
      : (CHECKS[this.#list](definition, this.#limits) ?? this.#badMark(definition));
    if (problem !== undefined) this.#refuse(name, problem);
    else if (this.#items.size < this.#maxItems) this.#items.set(name, definition);
    else this.#left += 1;
  }

  #badMark({ inputSchema }: JsonObject): string | undefined {
    return this.#markHeaders && isJsonObject(inputSchema) ? badParamHeader(inputSchema) : undefined;
  }

  #refuse(tool: string, reason: string): void {
    // A flood of bad definitions is as bad as one: the first ones tell enough.
    if (this.#quarantined.length <= this.#maxItems)
      this.#quarantined.push({ tool: tool.slice(0, 128), reason });
  }
}

function shortened(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
