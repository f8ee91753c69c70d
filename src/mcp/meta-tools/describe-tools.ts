import type { Health } from "../../domain/health.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Tool } from "../../domain/offering.ts";
import type {
  Check,
  Explainer,
  Explanation,
  ShownTool,
  ShownTools,
  Viewpoint,
} from "../../listing/listing.ts";
import { riskOf } from "./signature.ts";
import { readNames } from "./spellings.ts";

const MAX_DEFINITIONS = 10;
/** One definition is whole however long it is; the bounds of upstreams' schemas hold. */
const MAX_CHARACTERS = 40_000;

export interface DescribeToolsDeps {
  readonly explainer: Pick<Explainer, "asSeen">;
  readonly healthOf: (server: string) => Health;
  readonly choose: (name: string, shown: ShownTools) => ShownTool | undefined;
  readonly similar: (name: string, shown: ShownTools) => readonly string[];
}

/** The text that `describe_tools` answers with. Throws InvalidRequest. */
export function describeTools(
  given: JsonObject,
  shown: ShownTools,
  viewpoint: Viewpoint,
  definitionOf: (tool: Tool) => JsonObject,
  deps: DescribeToolsDeps,
): string {
  const { names, check } = readNames(given);
  if (check) return JSON.stringify({ tools: names.map((name) => checked(name, shown, viewpoint, deps)) });
  const tools: JsonObject[] = [];
  const withheld: string[] = [];
  let room = MAX_CHARACTERS;
  for (const name of names) {
    const tool = tools.length < MAX_DEFINITIONS ? described(name, shown, definitionOf, deps) : undefined;
    const length = tool === undefined ? 0 : JSON.stringify(tool).length;
    if (tool === undefined || (tools.length > 0 && length > room)) {
      withheld.push(name);
      continue;
    }
    tools.push(tool);
    room -= length;
  }
  const note = "Too much for one answer: ask again for the tools that are withheld.";
  return JSON.stringify({ tools, ...(withheld.length === 0 ? {} : { withheld, note }) });
}

function described(
  name: string,
  shown: ShownTools,
  definitionOf: (tool: Tool) => JsonObject,
  deps: DescribeToolsDeps,
): JsonObject {
  const found = deps.choose(name, shown);
  if (found === undefined) return { id: name, error: "tool_not_found", nearest: deps.similar(name, shown) };
  const { tool } = found;
  const { inputSchema, outputSchema, annotations } = definitionOf(tool);
  const { level, code, summary } = deps.healthOf(tool.server);
  return {
    id: found.name,
    server: tool.server,
    description: tool.description,
    risk: riskOf(tool),
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
    health: { level, code, ...(level === "healthy" ? {} : { summary }) },
  };
}

function checked(
  name: string,
  shown: ShownTools,
  viewpoint: Viewpoint,
  { explainer, choose }: DescribeToolsDeps,
): JsonObject {
  const found = choose(name, shown);
  const { callable, listed, reason, checks, nearest }: Explanation = explainer.asSeen(
    found?.name ?? name,
    viewpoint,
  );
  return {
    id: found?.name ?? name,
    callable,
    ...(callable ? { listed } : { reason }),
    ...reasonsOf(checks, reason),
    ...(nearest.length === 0 ? {} : { nearest }),
  };
}

/** What fails, and of a server whose tools nobody knows yet what is wrong with it. */
function reasonsOf(checks: readonly Check[], reason: string): JsonObject {
  const failed = checks.find(({ passed, code }) => !passed && code === reason);
  if (failed === undefined) return {};
  const upstream = checks.find((check) => !check.passed && check.check === "upstream" && check !== failed);
  const { summary, since, fix } = failed;
  return {
    summary,
    ...(since === undefined ? {} : { since }),
    ...(upstream === undefined ? {} : { upstream: upstream.summary }),
    ...(fix === undefined ? {} : { fix: { ...fix } }),
  };
}
