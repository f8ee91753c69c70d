import type { JsonObject } from "../../domain/json.ts";
import type { FoundTool } from "../../search/search.ts";

/** A schema that leaves less than this share to the other matches is left to describe_tools. */
const SCHEMA_SHARE = 0.6;
/** The share of the query that even the best match does not answer to. */
const WEAK = 0.05;

export interface Match extends JsonObject {
  readonly id: string;
}

export interface Findings {
  readonly matches: readonly Match[];
  readonly bestSchema: JsonObject | undefined;
  /** Of those that can be called. */
  readonly total: number;
  /** The tools that were looked at. */
  readonly searched: number;
  /** Matches on servers that are down. */
  readonly down: { readonly matches: number; readonly servers: readonly JsonObject[] };
  readonly best: Pick<FoundTool, "confidence"> | undefined;
  readonly servers: readonly string[];
}

/** The answer of search_tools, never longer than `room` characters: what does not fit is counted instead. */
export function searchAnswer(findings: Findings, room: number): string {
  const { matches, bestSchema } = findings;
  const schema = bestSchema === undefined ? "" : JSON.stringify(bestSchema);
  const isTooLarge = schema.length > room * SCHEMA_SHARE;
  const [best, ...others] = matches;
  const first: readonly JsonObject[] =
    best === undefined
      ? []
      : [
          isTooLarge
            ? { ...best, inputSchema: "too large: describe_tools has it" }
            : withSchema(best, bestSchema),
        ];
  for (let shown = others.length; shown > 0; shown--) {
    const text = JSON.stringify(answerOf(findings, [...first, ...others.slice(0, shown)]));
    if (text.length <= room) return text;
  }
  return JSON.stringify(answerOf(findings, first));
}

function withSchema(match: Match, inputSchema: JsonObject | undefined): JsonObject {
  return inputSchema === undefined ? match : { ...match, inputSchema };
}

function answerOf(findings: Findings, shown: readonly JsonObject[]): JsonObject {
  const { total, searched, down } = findings;
  const beyond = Math.max(0, total - shown.length);
  const withheld = {
    ...(beyond === 0 ? {} : { beyond_limit: beyond }),
    ...(down.matches === 0 ? {} : { on_servers_that_are_down: down.matches, down: down.servers }),
  };
  return {
    matches: shown,
    total,
    searched,
    ...(Object.keys(withheld).length === 0 ? {} : { withheld }),
    note: noteOf(findings),
  };
}

function noteOf({ matches, best, down, servers, searched }: Findings): string {
  if (matches.length > 0) {
    const weak =
      (best?.confidence ?? 1) < WEAK ? "Only weak matches: other words may find better ones. " : "";
    return `${weak}Call one with call_tool {"name": "<id>", "arguments": {…}}.`;
  }
  if (down.matches > 0)
    return "Nothing that can be called now matches; describe_tools with check=true says what is wrong.";
  if (searched === 0) return "There are no tools to search.";
  const names = servers.slice(0, 20).join(", ");
  return `No tool matches. Try other or fewer words; the servers are: ${names}${servers.length > 20 ? ", …" : ""}.`;
}
