import type { Selectable } from "kysely";

import type { Role } from "../domain/identity.ts";
import type { Database } from "./database.ts";
import { onDuplicate } from "./storage-errors.ts";
import type { Tables } from "./tables.ts";

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly tenant: string;
  /** SHA-256 of the secret, hex. The secret itself is stored nowhere. */
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly lastUsedAt?: string;
  readonly revokedAt?: string;
}

export interface ApiKeyStore {
  list(): Promise<readonly ApiKeyRow[]>;
  find(id: string): Promise<ApiKeyRow | undefined>;
  insert(row: ApiKeyRow): Promise<void>;
  /** False when there is no such key, or it was revoked before. */
  revoke(id: string, at: string): Promise<boolean>;
  /** Notes that the key was used. */
  touch(id: string, at: string): Promise<void>;
}

export function apiKeyStore(database: Database): ApiKeyStore {
  return {
    list: () =>
      database.run(async (tables) =>
        (await tables.selectFrom("api_keys").selectAll().orderBy("id").execute()).map(toRow),
      ),

    find: (id) =>
      database.run(async (tables) => {
        const row = await tables.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
        return row === undefined ? undefined : toRow(row);
      }),

    insert: (row) =>
      database.run(async (tables) => {
        const { id, name, role, tenant, hash } = row;
        await tables
          .insertInto("api_keys")
          .values({
            id,
            name,
            role,
            tenant,
            hash,
            created_at: row.createdAt,
            expires_at: row.expiresAt ?? null,
            last_used_at: row.lastUsedAt ?? null,
            revoked_at: row.revokedAt ?? null,
          })
          .execute()
          .catch(onDuplicate(`An API key with the id "${id}" exists already.`, { id }));
      }),

    revoke: (id, at) =>
      database.run(async (tables) => {
        const { numUpdatedRows } = await tables
          .updateTable("api_keys")
          .set({ revoked_at: at })
          .where("id", "=", id)
          .where("revoked_at", "is", null)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

    touch: (id, at) =>
      database.run(async (tables) => {
        await tables.updateTable("api_keys").set({ last_used_at: at }).where("id", "=", id).execute();
      }),
  };
}

function toRow(row: Selectable<Tables["api_keys"]>): ApiKeyRow {
  const { id, name, role, tenant, hash } = row;
  return {
    id,
    name,
    role: role as Role,
    tenant,
    hash,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}
