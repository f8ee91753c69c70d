import { InvalidRequest } from "../../domain/errors.ts";
import { type Health, isDown } from "../../domain/health.ts";
import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import type { Tool } from "../../domain/offering.ts";
import { type ShownTools, oneLine } from "../../listing/listing.ts";
import type { FoundTool, ToolSearch } from "../../search/search.ts";
import { type Findings, type Match, searchAnswer } from "./search-answer.ts";
import { riskOf, signatureOf } from "./signature.ts";
import { type Search, readSearch } from "./spellings.ts";

const MAX_DESCRIPTION = 160;
const MAX_DOWN = 5;

export interface SearchToolsDeps {
  readonly search: Pick<ToolSearch, "search" | "find">;
  readonly healthOf: (server: string) => Health;
  readonly answerCharacters: number;
}

/** How a tool is shown at the caller's place. */
type Definition = (tool: Tool) => JsonObject;

/** The text that `search_tools` answers with. Rejects with InvalidRequest. */
export async function searchTools(
  given: JsonObject,
  shown: ShownTools,
  definitionOf: Definition,
  deps: SearchToolsDeps,
): Promise<string> {
  const wanted = readSearch(given);
  const servers = [...shown.byServer.keys()];
  if (wanted.server !== undefined && !servers.includes(wanted.server))
    throw unknownServer(wanted.server, servers);
  const down = new Map(
    servers.map((name) => [name, deps.healthOf(name)] as const).filter(([, health]) => isDown(health)),
  );
  const query = queryOf(wanted);
  const { items, total } = await deps.search.search({
    ...query,
    type: "hybrid",
    limit: wanted.limit,
    visible: (tool) => shown.shows(tool) && !down.has(tool.server),
  });
  const best = items[0];
  const bestSchema = best && definitionOf(best.tool)["inputSchema"];
  const findings: Findings = {
    matches: items.map((item) => matchOf(item, shown, definitionOf)),
    bestSchema: isJsonObject(bestSchema) ? bestSchema : undefined,
    total,
    searched: shown.all.length,
    down: downMatches(query, shown, down, deps),
    best,
    servers,
  };
  return searchAnswer(findings, deps.answerCharacters);
}

function queryOf({ query, server, risk }: Search) {
  return {
    text: query,
    ...(server === undefined ? {} : { server }),
    ...(risk === "any" ? {} : { readOnly: risk === "read" }),
  };
}

/** By words alone: it is only a number. */
function downMatches(
  query: ReturnType<typeof queryOf>,
  shown: ShownTools,
  down: ReadonlyMap<string, Health>,
  { search }: SearchToolsDeps,
): Findings["down"] {
  if (down.size === 0) return { matches: 0, servers: [] };
  const visible = (tool: Tool): boolean => shown.shows(tool) && down.has(tool.server);
  const { items, total } = search.find({ ...query, limit: 25, visible });
  const names = [...new Set(items.map(({ tool }) => tool.server))].slice(0, MAX_DOWN);
  const servers = names.map((server) => ({ server, reason: down.get(server)?.code ?? "" }));
  return { matches: total, servers };
}

function matchOf({ tool, score }: FoundTool, shown: ShownTools, definitionOf: Definition): Match {
  const id = shown.nameOf(tool);
  return {
    id,
    signature: signatureOf(id, definitionOf(tool)),
    description: oneLine(tool.description, MAX_DESCRIPTION),
    risk: riskOf(tool),
    score: Math.round(score * 100) / 100,
  };
}

function unknownServer(server: string, servers: readonly string[]): InvalidRequest {
  const names = servers.length === 0 ? "none" : servers.slice(0, 30).join(", ");
  const message = `There is no server "${server.slice(0, 64)}" with tools here; there are: ${names}.`;
  return new InvalidRequest(message, [{ path: "server", message: "expected the name of a server" }], {
    executed: "not_executed",
  });
}
