import { z } from "zod";

import { GatewayError } from "../../domain/errors.ts";
import { ROLES } from "../../domain/identity.ts";
import type { ApiKey, KeysView, RestDeps } from "../deps.ts";
import { page, pageOf, pageQuery } from "../page.ts";
import { type Route, param, route } from "../route.ts";

const KeyView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    tenant: z.string(),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    last_used_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
  })
  .meta({ id: "ApiKey" });

const NewKey = z
  .strictObject({
    name: z.string().trim().min(1).max(128),
    role: z.enum(ROLES).default("user"),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: "NewApiKey" });

const CreatedKey = KeyView.extend({
  key: z.string().meta({ description: "The key itself. It is shown this once." }),
}).meta({ id: "CreatedApiKey" });

const Me = z
  .object({
    subject: z.string(),
    tenant: z.string(),
    role: z.enum(ROLES),
    key_id: z.string().nullable(),
  })
  .meta({ id: "Me" });

export function keyRoutes({ keys }: RestDeps): readonly Route[] {
  return [showMe(), listKeys(keys), createKey(keys), revokeKey(keys)];
}

function showMe(): Route {
  return route({
    method: "GET",
    path: "/api/v1/auth/me",
    action: "signed-in",
    tag: "auth",
    summary: "Who the gateway thinks you are",
    status: 200,
    answer: Me,
    handle: ({ identity: { subject, tenant, role, keyId } }) => ({
      body: { subject, tenant, role, key_id: keyId ?? null },
    }),
  });
}

function listKeys(keys: KeysView): Route {
  return route({
    method: "GET",
    path: "/api/v1/auth/api-keys",
    action: "key:read",
    tag: "auth",
    summary: "List the API keys, without their secrets",
    query: z.strictObject(pageQuery(["created_at", "name"])),
    status: 200,
    answer: pageOf(KeyView),
    handle: async ({ query, identity }) => {
      const own = (await keys.list()).filter(({ tenant }) => tenant === identity.tenant);
      const listed = page(own, query, {
        key: ({ id }) => id,
        sorts: { created_at: (key) => key.createdAt, name: (key) => key.name },
        texts: ({ id, name }) => [id, name],
      });
      return { body: { ...listed, items: listed.items.map(keyView) } };
    },
  });
}

function createKey(keys: KeysView): Route {
  return route({
    method: "POST",
    path: "/api/v1/auth/api-keys",
    action: "key:write",
    tag: "auth",
    summary: "Create an API key",
    body: NewKey,
    status: 201,
    answer: CreatedKey,
    handle: async ({ body: { name, role, expires_at }, identity: { tenant } }) => {
      const expiry = expires_at === undefined ? {} : { expiresAt: new Date(expires_at).toISOString() };
      const { key, row } = await keys.create({ name, role, tenant, ...expiry });
      return { body: { ...keyView(row), key } };
    },
  });
}

function revokeKey(keys: KeysView): Route {
  return route({
    method: "DELETE",
    path: "/api/v1/auth/api-keys/{key}",
    action: "key:write",
    tag: "auth",
    summary: "Revoke an API key",
    status: 204,
    handle: async (request) => {
      const id = param(request, "key");
      const { tenant } = request.identity;
      const isOwn = (await keys.list()).some((key) => key.id === id && key.tenant === tenant);
      if (!isOwn) throw new GatewayError("not_found", `There is no API key "${id}".`);
      await keys.revoke(id);
      return {};
    },
  });
}

function keyView(key: ApiKey): z.infer<typeof KeyView> {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    tenant: key.tenant,
    created_at: key.createdAt,
    expires_at: key.expiresAt ?? null,
    last_used_at: key.lastUsedAt ?? null,
    revoked_at: key.revokedAt ?? null,
  };
}
