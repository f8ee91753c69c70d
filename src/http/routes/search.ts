import { z } from "zod";

import { GatewayError } from "../../domain/errors.ts";
import type { Tool } from "../../domain/offering.ts";
import type { FoundTool, RestDeps } from "../deps.ts";
import { Flag, Words, count } from "../query.ts";
import { type Answer, type Route, route } from "../route.ts";
import { ToolSummary, toolSummary } from "../views/tool-view.ts";
import { profileNamed } from "./profiles.ts";
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
  profile: z.string().max(64).optional().meta({ description: "Only tools that this profile shows." }),
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
  profile: z.string().max(64).optional(),
  tags: z.array(z.string()).max(32).optional(),
  risk: z.enum(["any", "read"]).default("any"),
  include_unavailable: z.boolean().default(true),
  explain: z.boolean().default(false),
  strict: z.boolean().default(false),
});
type Search = z.infer<typeof SearchBody>;

const LegPart = z.object({
  raw: z.number().meta({ description: "As the leg measured it: a BM25F sum, or a cosine." }),
  normalised: z.number().meta({ description: "The leg's best has 1." }),
  weight: z.number().meta({ description: "Its share of the score." }),
});

const SearchAnswer = z
  .object({
    items: z.array(
      z.object({
        tool: ToolSummary,
        score: z.number().meta({ description: "Relative: the top hit has 1." }),
        confidence: z.number().meta({ description: "Absolute, 0 to 1." }),
        scores: z.object({ keyword: z.number(), semantic: z.number().nullable() }),
        matched: z.array(z.string()),
        explain: z
          .object({
            exact: z.boolean().meta({ description: "The query is its name: it goes first." }),
            keyword: LegPart,
            semantic: LegPart.nullable(),
          })
          .optional()
          .meta({ description: "With `explain=true`." }),
      }),
    ),
    search: z.object({
      requested_type: kind,
      effective_type: kind,
      degraded: z.boolean(),
      reason: z.string().nullable(),
      matches: z.number().int().meta({ description: "Tools that match at all." }),
      embedded: z.number().int().meta({ description: "Tools that have a vector …" }),
      total: z.number().int().meta({ description: "… of all that are searched." }),
      took_ms: z.number(),
    }),
  })
  .meta({ id: "ToolSearch" });

const SuggestQuery = z.strictObject({
  q: z.string().min(1).max(200).meta({ description: "What has been typed so far." }),
  limit: count(1, 20).default(10),
  include_unavailable: Flag.default(true),
});

const SuggestAnswer = z
  .object({
    items: z.array(
      z.object({ id: z.string(), name: z.string(), server: z.string(), description: z.string() }),
    ),
  })
  .meta({ id: "ToolSuggestions" });

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
    route({
      ...common,
      method: "GET",
      path: "/api/v1/tools/suggest",
      aliases: [],
      summary: "Complete a tool's name while it is typed",
      query: SuggestQuery,
      answer: SuggestAnswer,
      handle: async ({ query }) => {
        const visible = query.include_unavailable ? {} : { visible: availability(deps) };
        const tools = await deps.search.suggest(query.q, { limit: query.limit, ...visible });
        const items = tools.map(({ id, name, server, description }) => ({ id, name, server, description }));
        return { body: { items } };
      },
    }),
  ];
}

async function search(deps: RestDeps, query: Search): Promise<Answer> {
  const isAvailable = availability(deps);
  const found = await deps.search.search({
    text: query.q,
    type: query.search_type,
    limit: query.max_results,
    explain: query.explain,
    ...(query.server === undefined ? {} : { server: query.server }),
    ...(query.tags === undefined ? {} : { tags: query.tags }),
    ...(query.risk === "read" ? { readOnly: true } : {}),
    ...visibility(deps, query, isAvailable),
  });
  if (query.strict && found.reason !== undefined) throw unavailable(query.search_type, found.reason);
  const items = found.items
    .filter(({ score }) => score >= query.similarity_threshold)
    .map((item) => itemOf(item, isAvailable(item.tool)));
  const about = {
    requested_type: query.search_type,
    effective_type: found.effectiveType,
    degraded: found.reason !== undefined,
    reason: found.reason ?? null,
    matches: found.total,
    embedded: found.embedded,
    total: found.visible,
    took_ms: Math.round(found.tookMs * 1_000) / 1_000,
  };
  return { body: { items, search: about } };
}

function visibility(
  { profiles }: RestDeps,
  query: Search,
  isAvailable: (tool: Tool) => boolean,
): { readonly visible?: (tool: Tool) => boolean } {
  const shown = query.profile === undefined ? undefined : profileNamed(query.profile, profiles);
  if (shown === undefined) return query.include_unavailable ? {} : { visible: isAvailable };
  return { visible: (tool) => shown.showsTool(tool) && (query.include_unavailable || isAvailable(tool)) };
}

function itemOf(item: FoundTool, isAvailable: boolean): object {
  const { tool, score, confidence, matched, scores, explanation } = item;
  return {
    tool: toolSummary(tool, isAvailable),
    score,
    confidence,
    scores: { keyword: scores.keyword, semantic: scores.semantic ?? null },
    matched,
    ...(explanation && { explain: { ...explanation, semantic: explanation.semantic ?? null } }),
  };
}

function unavailable(type: Search["search_type"], reason: string): GatewayError {
  const [cause = reason] = reason.split(";");
  return new GatewayError("search_unavailable", `There is no ${type} search: ${cause}.`, {
    fix: [{ label: "Ask for search_type=keyword, or leave out strict" }],
  });
}
