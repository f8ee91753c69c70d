import { allows, authorize } from "../../auth/auth.ts";
import { GatewayError } from "../../domain/errors.ts";
import type { Health } from "../../domain/health.ts";
import { type JsonObject, stringAt } from "../../domain/json.ts";
import { type MetaTool, isMetaTool } from "../../domain/list-mode.ts";
import type { Tool } from "../../domain/offering.ts";
import type { Server } from "../../domain/server.ts";
import type { Explainer, Listing, Reader, ShortList, ShownTool, ShownTools } from "../../listing/listing.ts";
import type { ToolSearch } from "../../search/search.ts";
import { Reply } from "../../wire/reply.ts";
import type { WrittenTools } from "../dialects/dialects.ts";
import type { FrontRequest } from "../front-request.ts";
import { toolFailure } from "../rpc-errors.ts";
import { chosen, requireReadOnly } from "./choice.ts";
import { describeTools } from "./describe-tools.ts";
import { searchTools } from "./search-tools.ts";
import { readCall } from "./spellings.ts";

export interface MetaToolDeps {
  readonly listing: Listing;
  readonly explainer: Explainer;
  readonly search: Pick<ToolSearch, "search" | "find">;
  readonly findServer: (name: string) => Server | undefined;
  readonly healthOf: (server: string) => Health;
  /** The longest answer of `search_tools`. */
  readonly answerCharacters: number;
}

interface OwnDeps extends MetaToolDeps {
  readonly written: WrittenTools;
  readonly limits: { readonly jsonDepth: number };
}

/** What `call_tool` is to call, with the arguments under the names that this place shows. */
export interface ChosenCall {
  readonly tool: Tool;
  readonly args: JsonObject;
}

const NEAREST = 3;

type Who = Pick<FrontRequest, "identity" | "endpoint" | "session" | "envelope">;

/** The gateway's own tools, for agents to which it does not list all others. They remember nothing of earlier calls. */
export class MetaTools {
  readonly #deps: OwnDeps;

  constructor(deps: OwnDeps) {
    this.#deps = deps;
  }

  /** What to list instead of everything, for this caller. */
  shortList(request: Who): ShortList | undefined {
    return this.#deps.listing.shortList(request.endpoint, readerOf(request));
  }

  /** Whether this name means a meta-tool there. A server's own endpoint has only that server's, unless asked for more. */
  has(name: string, { endpoint }: Pick<FrontRequest, "endpoint">): name is MetaTool {
    if (!isMetaTool(name)) return false;
    return endpoint.kind !== "server" || this.#deps.listing.configuredMode(endpoint) !== "full";
  }

  /**
   * The answer, or the call that is to be made in place of this one. What a model can mend is a result with `isError`.
   * Throws Forbidden.
   */
  async answer(name: MetaTool, given: JsonObject, request: FrontRequest): Promise<Reply | ChosenCall> {
    authorize(request.identity, "tool:read");
    const shown = this.#deps.listing.at(request.endpoint);
    try {
      switch (name) {
        case "search_tools":
          return textReply(await searchTools(given, shown, this.#writer(request), this.#deps), request);
        case "describe_tools":
          return textReply(this.#describe(given, shown, request), request);
        case "call_tool":
        case "call_read_tool":
          return this.#choose(name, given, shown, request);
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return toolFailure(error, request.requestId, request.era);
    }
  }

  #choose(name: MetaTool, given: JsonObject, shown: ShownTools, request: FrontRequest): ChosenCall {
    const call = readCall(given, { depth: this.#deps.limits.jsonDepth });
    const found = chosen(call, shown, (text) => this.#similar(text, shown));
    if (name === "call_read_tool")
      requireReadOnly(found.name, found.tool, this.#deps.findServer(found.tool.server));
    const dialect = this.#deps.listing.dialectAt(request.endpoint);
    return { tool: found.tool, args: this.#deps.written.arguments(found.tool, dialect, call.args) };
  }

  #describe(given: JsonObject, shown: ShownTools, request: FrontRequest): string {
    const { identity, endpoint } = request;
    const viewpoint = { identity, place: endpoint, client: readerOf(request).client };
    return describeTools(given, shown, viewpoint, this.#writer(request), {
      ...this.#deps,
      choose: (name) => this.#tryToChoose(name, shown),
      similar: (name) => this.#similar(name, shown),
    });
  }

  #tryToChoose(name: string, shown: ShownTools): ShownTool | undefined {
    try {
      return chosen({ name, server: undefined }, shown, () => []);
    } catch (error) {
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  }

  #similar(text: string, shown: ShownTools): readonly string[] {
    const visible = (tool: Tool): boolean => shown.shows(tool);
    // As words, so that a slash at both ends is no pattern.
    const words = text.slice(0, 200).replaceAll(/[^\p{L}\p{N}]+/gu, " ");
    const { items } = this.#deps.search.find({ text: words, limit: NEAREST, visible });
    return items.map(({ tool }) => shown.nameOf(tool));
  }

  /** Definitions as this place shows them. */
  #writer({ endpoint }: FrontRequest): (tool: Tool) => JsonObject {
    const dialect = this.#deps.listing.dialectAt(endpoint);
    return (tool) => this.#deps.written.definition(tool, dialect);
  }
}

export function readerOf({ identity, session, envelope }: Omit<Who, "endpoint">): Reader {
  const info = session?.clientInfo ?? envelope?.clientInfo;
  return { client: info && stringAt(info, "name"), calls: allows(identity, "tool:call") };
}

function textReply(text: string, { era }: Pick<FrontRequest, "era">): Reply {
  const content = [{ type: "text", text }];
  return Reply.of("result", era === "2026" ? { resultType: "complete", content } : { content }, era);
}
