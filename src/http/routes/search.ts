import { z } from "zod";

import { GatewayError } from "../../domain/errors.ts";
import type { RestDeps } from "../deps.ts";
import { Flag, Words, count } from "../query.ts";
import { type Answer, type Route, route } from "../route.ts";
import { ToolSummary, toolSummary } from "../views/tool-view.ts";
import { availability } from "./tools.ts";

const text = z.string().min(1).max(20_000);
const kind = z.enum(["keyword", "semantic", "hybrid"]).default("hybrid");

const SearchQuery = z.strictObject({
  q: text,
  search_type: kind,
  max_results: count(1, 50).default(10),
  similarity_threshold: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta({ description: "Least `score`; the top hit has 1." }),
  server: z.string().max(64).optional(),
  tags: Words.optional(),
  risk: z
    .enum(["any", "read"])
    .default("any")
    .meta({ description: "`read`: only tools that say they change nothing." }),
  include_unavailable: Flag.default(true),
  explain: Flag.default(false),
  strict: Flag.default(false).meta({ description: "503 instead of a lesser kind of search." }),
});

const SearchBody = z.strictObject({
  q: text,
  search_type: kind,
  max_results: z.number().int().min(1).max(50).default(10),
  similarity_threshold: z.number().min(0).max(1).default(0),
  server: z.string().max(64).optional(),
  tags: z.array(z.string()).max(32).optional(),
  risk: z.enum(["any", "read"]).default("any"),
  include_unavailable: z.boolean().default(true),
  explain: z.boolean().default(false),
  strict: z.boolean().default(false),
});
type Search = z.infer<typeof SearchBody>;

const SearchAnswer = z
  .object({
    items: z.array(
      z.object({
        tool: ToolSummary,
        score: z.number().meta({ description: "Relative: the top hit has 1." }),
        confidence: z.number().meta({ description: "Absolute, 0 to 1." }),
        scores: z.object({ keyword: z.number(), semantic: z.number().nullable() }),
        matched: z.array(z.string()),
      }),
    ),
    search: z.object({
      requested_type: kind,
      effective_type: z.literal("keyword"),
      degraded: z.boolean(),
      reason: z.string().nullable(),
      embedded: z.number().int(),
      total: z.number().int(),
      took_ms: z.number(),
    }),
  })
  .meta({ id: "ToolSearch" });

const NO_MODEL = "No embedding model is configured; the answer is that of a keyword search.";

export function searchRoutes(deps: RestDeps): readonly Route[] {
  const common = {
    path: "/api/v1/tools/search",
    aliases: ["/api/v1/mcps/search"],
    action: "tool:read",
    tag: "tools",
    status: 200,
    answer: SearchAnswer,
  } as const;
  return [
    route({
      ...common,
      method: "GET",
      summary: "Find tools by what they do",
      query: SearchQuery,
      handle: ({ query }) => search(deps, query),
    }),
    route({
      ...common,
      method: "POST",
      summary: "Find tools by what they do; for long queries",
      body: SearchBody,
      handle: ({ body }) => search(deps, body),
    }),
  ];
}

function search(deps: RestDeps, query: Search): Answer {
  const degraded = query.search_type !== "keyword";
  if (degraded && query.strict) {
    throw new GatewayError(
      "search_unavailable",
      `There is no ${query.search_type} search: no embedding model is configured.`,
      { fix: [{ label: "Ask for search_type=keyword, or leave out strict" }] },
    );
  }
  const isAvailable = availability(deps);
  const { items, total, tookMs } = deps.search.find({
    text: query.q,
    limit: query.max_results,
    explain: query.explain,
    ...(query.server === undefined ? {} : { server: query.server }),
    ...(query.tags === undefined ? {} : { tags: query.tags }),
    ...(query.risk === "read" ? { readOnly: true } : {}),
    ...(query.include_unavailable ? {} : { visible: isAvailable }),
  });
  const shown = items
    .filter(({ score }) => score >= query.similarity_threshold)
    .map(({ tool, score, confidence, matched, scores }) => ({
      tool: toolSummary(tool, isAvailable(tool)),
      score,
      confidence,
      scores: { keyword: scores.keyword, semantic: null },
      matched,
    }));
  const about = {
    requested_type: query.search_type,
    effective_type: "keyword",
    degraded,
    reason: degraded ? NO_MODEL : null,
    embedded: 0,
    total,
    took_ms: Math.round(tookMs * 1_000) / 1_000,
  };
  return { body: { items: shown, search: about } };
}
