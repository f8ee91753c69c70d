import { z } from "zod";

import { authorize } from "../../auth/auth.ts";
import { Conflict } from "../../domain/errors.ts";
import type { Identity } from "../../domain/identity.ts";
import {
  HttpServer,
  type Server,
  ServerEntry,
  ServerName,
  SseServer,
  StdioServer,
} from "../../domain/server.ts";
import type { RestDeps } from "../deps.ts";
import { restoreMasked } from "../masking.ts";
import { mergePatch } from "../merge-patch.ts";
import { page, pageOf, pageQuery } from "../page.ts";
import { parse } from "../parse.ts";
import { asPrecondition, etagOf, expectedVersion } from "../precondition.ts";
import { Flag } from "../query.ts";
import { type Answer, type Route, type RouteRequest, param, route } from "../route.ts";
import { ServerView, hasReference, maskEntry, serverView, typeOf } from "../views/server-view.ts";
import { waitForTools } from "./server-checks.ts";

const named = { name: ServerName };
const NewServer = z
  .union([StdioServer.extend(named), HttpServer.extend(named), SseServer.extend(named)])
  .meta({ id: "NewServer", description: "A value of an `mcpServers` object, with a `name`." });

const ServerPatch = z
  .record(z.string(), z.unknown())
  .meta({ id: "ServerPatch", description: "Fields to change; null removes." });

const DryRun = z.object({ valid: z.literal(true), name: z.string(), type: z.string() });

export function serverRoutes(deps: RestDeps): readonly Route[] {
  return [listServers(deps), createServer(deps), showServer(deps), changeServer(deps), removeServer(deps)];
}

function listServers(deps: RestDeps): Route {
  return route({
    method: "GET",
    path: "/api/v1/servers",
    action: "server:read",
    tag: "servers",
    summary: "List the upstream servers",
    query: z.strictObject(pageQuery(["name", "type", "created_at"])),
    status: 200,
    answer: pageOf(ServerView),
    handle: ({ query }) => {
      const listed = page(deps.registry.servers(), query, {
        key: ({ name }) => name,
        sorts: {
          name: ({ name }) => name,
          type: ({ entry }) => typeOf(entry),
          created_at: ({ createdAt }) => createdAt,
        },
        texts: ({ name, entry }) => [name, entry.description],
      });
      return { body: { ...listed, items: listed.items.map((server) => viewOf(deps, server)) } };
    },
  });
}

function createServer(deps: RestDeps): Route {
  return route({
    method: "POST",
    path: "/api/v1/servers",
    action: "server:write",
    tag: "servers",
    summary: "Add an upstream server. A command, or a reference to the environment, needs the role admin",
    query: z.strictObject({
      wait: z.literal("tools").optional().meta({ description: "Answer after the first exploration." }),
      dry_run: Flag.optional().meta({ description: "Check only." }),
    }),
    body: NewServer,
    status: 201,
    answer: z.union([ServerView, DryRun]),
    handle: ({ body, query, identity, signal }) => addServer(deps, body, query, identity, signal),
  });
}

function showServer(deps: RestDeps): Route {
  return route({
    method: "GET",
    path: "/api/v1/servers/{server}",
    action: "server:read",
    tag: "servers",
    summary: "Show one server",
    status: 200,
    answer: ServerView,
    handle: (request) => found(deps, deps.registry.getServer(param(request, "server"))),
  });
}

function changeServer(deps: RestDeps): Route {
  return route({
    method: "PATCH",
    path: "/api/v1/servers/{server}",
    action: "server:write",
    tag: "servers",
    summary: "Change a server (JSON merge patch)",
    accepts: ["application/json", "application/merge-patch+json"],
    body: ServerPatch,
    status: 200,
    answer: ServerView,
    handle: (request) => patchServer(deps, request),
  });
}

function removeServer({ registry }: RestDeps): Route {
  return route({
    method: "DELETE",
    path: "/api/v1/servers/{server}",
    action: "server:write",
    tag: "servers",
    summary: "Remove a server",
    status: 204,
    handle: async (request) => {
      const server = registry.getServer(param(request, "server"));
      expectedVersion(request.headers, server.version);
      await registry.removeServer(server.name);
      return {};
    },
  });
}

async function addServer(
  deps: RestDeps,
  { name, ...entry }: z.infer<typeof NewServer>,
  query: { readonly wait?: "tools" | undefined; readonly dry_run?: boolean | undefined },
  identity: Identity,
  signal: AbortSignal,
): Promise<Answer> {
  authorizeEntry(identity, entry);
  if (query.dry_run === true) {
    if (deps.registry.findServer(name) !== undefined)
      throw new Conflict(`A server named "${name}" is already registered.`);
    return { status: 200, body: { valid: true, name, type: typeOf(entry) } };
  }
  const server = await deps.registry.addServer(name, entry, "api", egressFor(identity));
  if (query.wait === "tools") await waitForTools(deps, server.name, signal);
  const location = `/api/v1/servers/${encodeURIComponent(server.name)}`;
  return {
    body: viewOf(deps, server),
    headers: { location, etag: etagOf(server.version) },
  };
}

async function patchServer(
  deps: RestDeps,
  request: RouteRequest<unknown, z.infer<typeof ServerPatch>>,
): Promise<Answer> {
  const { identity, body } = request;
  const server = deps.registry.getServer(param(request, "server"));
  const expected = expectedVersion(request.headers, server.version);
  const change = (entry: ServerEntry): ServerEntry => {
    const shown = maskEntry(entry);
    const patched = restoreMasked(mergePatch(shown, body), shown, entry);
    const changed = parse(ServerEntry, patched, "The changed server");
    // Whoever may not write a command may not turn one into something else either.
    authorizeEntry(identity, entry);
    authorizeEntry(identity, changed);
    return changed;
  };
  try {
    // A new URL leads as far as its writer may go; an old one as far as before, whoever changes something else.
    const egress = "url" in body ? egressFor(identity) : undefined;
    return found(deps, await deps.registry.updateServer(server.name, change, expected, egress));
  } catch (error) {
    throw asPrecondition(error, expected);
  }
}

/** Private addresses are for those who could register a command as well. */
function egressFor({ role }: Identity): Server["egress"] {
  return role === "admin" ? "any" : "public";
}

/**
 * A command runs as the gateway, and a reference is filled from its environment: with either, whoever may register a
 * server could have everything that the gateway has.
 */
function authorizeEntry(identity: Identity, entry: ServerEntry): void {
  const isPowerful = entry.type === "stdio" || hasReference(entry);
  authorize(identity, isPowerful ? "server:write-command" : "server:write");
}

function found(deps: RestDeps, server: Server): Answer {
  return { body: viewOf(deps, server), headers: { etag: etagOf(server.version) } };
}

function viewOf({ registry, discovery, proxy }: RestDeps, server: Server): z.infer<typeof ServerView> {
  return serverView(server, {
    breaker: proxy.breakerState(server.name),
    health: discovery.health(server.name),
    offering: registry.offering(server.name),
  });
}
