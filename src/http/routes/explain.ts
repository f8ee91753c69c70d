import { z } from "zod";

import { authorize } from "../../auth/auth.ts";
import { GatewayError, InvalidRequest } from "../../domain/errors.ts";
import { type Identity, ROLES, type Role } from "../../domain/identity.ts";
import type { Explanation, Place, Viewpoint } from "../../listing/listing.ts";
import type { RestDeps } from "../deps.ts";
import { type Answer, type Route, param, route } from "../route.ts";
import { profileNamed } from "./profiles.ts";

const name = z.string().min(1).max(128);

const ExplainQuery = z.strictObject({
  as: name
    .optional()
    .meta({ description: "A role, or an API key by id or name, to look through. Operators may ask this." }),
  profile: z.string().max(64).optional().meta({ description: "At the endpoint of this profile." }),
  server: z.string().max(64).optional().meta({ description: "At the endpoint of this server." }),
  client: name
    .optional()
    .meta({ description: "The name of an MCP client: what `auto` lists may depend on it." }),
});

const Fix = z.object({ label: z.string(), command: z.string().optional(), href: z.string().optional() });

const CheckView = z
  .object({
    check: z.enum([
      "known",
      "server",
      "definition",
      "server_filter",
      "profile",
      "role",
      "upstream",
      "schema",
      "listed",
    ]),
    passed: z.boolean(),
    code: z.string().meta({ description: "Stable; docs/meta-tools.md lists them." }),
    summary: z.string(),
    since: z.string().optional(),
    fix: Fix.optional(),
  })
  .meta({ id: "ExplainCheck" });

const ExplanationView = z
  .object({
    tool: z.string(),
    id: z.string().optional(),
    server: z.string().optional(),
    visible: z.boolean().meta({ description: "It exists for the caller." }),
    listed: z.boolean().meta({ description: "`tools/list` shows it." }),
    callable: z.boolean(),
    reason: z
      .string()
      .meta({ description: "The code of the first check that keeps it from being called, or `ok`." }),
    checks: z
      .array(CheckView)
      .meta({ description: "In the order in which they keep somebody from the tool." }),
    nearest: z.array(z.string()).meta({ description: "Of an unknown tool: names like it." }),
  })
  .meta({ id: "Explanation" });

const Explained = z
  .object({
    as: z.object({ subject: z.string(), role: z.enum(ROLES) }),
    ...ExplanationView.shape,
    truth: ExplanationView.optional().meta({
      description: "With `as`: the true reasons, where the one who was asked for would not learn them.",
    }),
  })
  .meta({ id: "ExplainedTool" });

export function explainRoutes(deps: RestDeps): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/tools/{tool}/explain",
      aliases: ["/api/v1/mcps/{tool}/explain"],
      action: "tool:read",
      tag: "tools",
      summary: "Why a caller does or does not see a tool, and may or may not call it",
      query: ExplainQuery,
      status: 200,
      answer: Explained,
      handle: async (request) => explain(deps, param(request, "tool"), request.identity, request.query),
    }),
  ];
}

async function explain(
  deps: RestDeps,
  tool: string,
  asker: Identity,
  query: z.infer<typeof ExplainQuery>,
): Promise<Answer> {
  const { explainer } = deps;
  const identity = query.as === undefined ? asker : await other(query.as, asker, deps);
  const viewpoint: Viewpoint = { identity, place: placeOf(query, deps), client: query.client };
  const as = { subject: identity.subject, role: identity.role };
  const seen = explainer.explain(tool, viewpoint);
  if (query.as === undefined) return { body: { as, ...viewOf(seen) } };
  return { body: { as, ...viewOf(seen), truth: viewOf(explainer.truth(tool, viewpoint)) } };
}

/** Throws InvalidRequest, ProfileNotFound, ServerNotFound. */
function placeOf({ profile, server }: z.infer<typeof ExplainQuery>, deps: RestDeps): Place {
  if (profile !== undefined && server !== undefined)
    throw new InvalidRequest("Ask for a profile or for a server, not for both.", [
      { path: "server", message: "expected nothing beside profile" },
    ]);
  if (server !== undefined) return { kind: "server", server: deps.registry.getServer(server).name };
  if (profile === undefined) return { kind: "all" };
  profileNamed(profile, deps.profiles);
  return { kind: "profile", profile };
}

/** Whom a role or a key stands for. Throws Forbidden, GatewayError("not_found"). */
async function other(as: string, asker: Identity, { keys }: RestDeps): Promise<Identity> {
  authorize(asker, "server:write");
  const { tenant } = asker;
  if (isRole(as)) return { subject: `role:${as}`, tenant, role: as };
  const own = (await keys.list()).filter((key) => key.tenant === tenant && key.revokedAt === undefined);
  const found = own.find(({ id }) => id === as) ?? own.find((key) => key.name === as);
  if (found === undefined)
    throw new GatewayError("not_found", `There is no role and no API key "${as}".`, {
      fix: [{ label: `Use a role (${ROLES.join(", ")}) or the id or name of a key` }],
    });
  return { subject: `key:${found.id}`, tenant, role: found.role, keyId: found.id };
}

function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

function viewOf(explanation: Explanation): object {
  return { ...explanation, checks: explanation.checks.map((check) => ({ ...check })) };
}
