import type { Tool } from "../domain/offering.ts";
import type { LegPart } from "./fusion.ts";
import type { Filter } from "./tool-shelf.ts";

export type SearchType = "keyword" | "semantic" | "hybrid";

export interface ToolQuery extends Filter {
  /** Plain words, the id or name of a tool, or `/pattern/`. What is beyond 4,000 characters is not read. */
  readonly text: string;
  readonly limit: number;
  /** Names related words among the matched ones, too: `~directory`; and says what made up each score. */
  readonly explain?: boolean | undefined;
}

export interface FoundTool {
  readonly tool: Tool;
  /** Relative to this answer: the top hit has 1. */
  readonly score: number;
  /** Absolute, 0 to 1: the share of the query that the tool answers to. A right answer to a long question often has .2. */
  readonly confidence: number;
  /** The words of the query that were found in the tool. */
  readonly matched: readonly string[];
  /** What each way of searching gave, best 1. Nothing: it was not used, or the tool has no vector yet. */
  readonly scores: { readonly keyword: number; readonly semantic?: number | undefined };
  /** Present when asked for. */
  readonly explanation?: Explanation | undefined;
}

export interface Explanation {
  /** The query is the tool's name, or a pattern that it matches: it goes first whatever its scores. */
  readonly exact: boolean;
  readonly keyword: LegPart;
  readonly semantic: LegPart | undefined;
}

export interface SearchAnswer {
  readonly items: readonly FoundTool[];
  /** How many visible tools match at all. */
  readonly total: number;
  readonly tookMs: number;
}

export interface TypedQuery extends ToolQuery {
  readonly type: SearchType;
}

export interface TypedAnswer extends SearchAnswer {
  readonly effectiveType: SearchType;
  /** Why it is not the kind of search that was asked for; nothing if it is. */
  readonly reason: string | undefined;
  /** How many of the tools that the caller may see have a vector … */
  readonly embedded: number;
  /** … of how many. */
  readonly visible: number;
}
