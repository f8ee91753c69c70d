import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { Unauthenticated } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { ApiKeyRow } from "../storage/storage.ts";
import type { ApiKeys } from "./api-keys.ts";
import { type KeyToken, hashSecret, parseToken } from "./key-token.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

export { AddressGuard } from "./address-guard.ts";
export { ApiKeys } from "./api-keys.ts";
export { ACTIONS, type Action, allows, authorize, neededRole } from "./policy.ts";

/** Also how long a key that another process revoked may still be accepted here. */
const TRUST_MS = 60_000;
const MOST_TOKENS = 10_000;

/** Finds out who sends a request. There is no default identity: whoever proves nothing is refused. */
export class Authenticator {
  readonly #keys: Pick<ApiKeys, "find" | "touch" | "onRevoked">;
  readonly #now: () => number;
  readonly #verified = new VerifiedTokens(MOST_TOKENS);
  readonly #pending = new Map<string, Promise<Identity>>();

  constructor(deps: { keys: Pick<ApiKeys, "find" | "touch" | "onRevoked">; now?: () => number }) {
    this.#keys = deps.keys;
    this.#now = deps.now ?? Date.now;
    this.#keys.onRevoked((id) => this.#verified.forget(id));
  }

  /**
   * The bearer of `Authorization: Bearer <key>` or `X-API-Key: <key>`. Synchronous for a key that was proved within
   * the last minute. Throws or rejects with Unauthenticated; a database that is down is `storage_unavailable` instead.
   */
  authenticate(headers: IncomingHttpHeaders): Identity | Promise<Identity> {
    const text = presentedKey(headers);
    const digest = hash("sha256", text, "base64");
    const known = this.#verified.get(digest, this.#now());
    if (known !== undefined) return known;
    const token = parseToken(text);
    if (token === undefined) throw new Unauthenticated();
    const pending =
      this.#pending.get(digest) ?? this.#verify(token, digest).finally(() => this.#pending.delete(digest));
    this.#pending.set(digest, pending);
    return pending;
  }

  async #verify(token: KeyToken, digest: string): Promise<Identity> {
    const { generation } = this.#verified;
    const row = await this.#keys.find(token.id);
    if (row === undefined || !isSecretOf(row, token)) throw new Unauthenticated();
    const now = this.#now();
    const expiresAt = row.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(row.expiresAt);
    if (row.revokedAt !== undefined) throw new Unauthenticated("This API key has been revoked.");
    if (!(now < expiresAt)) throw new Unauthenticated("This API key has expired.");
    const identity = { subject: `key:${row.id}`, tenant: row.tenant, role: row.role, keyId: row.id };
    if (generation === this.#verified.generation)
      this.#verified.put(digest, identity, Math.min(now + TRUST_MS, expiresAt));
    this.#noteUse(row, now);
    return identity;
  }

  /** At most once a minute and in the background: "last used" is worth no call's time, and a lost note no failure. */
  #noteUse(row: ApiKeyRow, now: number): void {
    if (row.lastUsedAt !== undefined && now - Date.parse(row.lastUsedAt) < TRUST_MS) return;
    this.#keys.touch(row.id).catch(() => undefined);
  }
}

function isSecretOf(row: ApiKeyRow, token: KeyToken): boolean {
  const stored = Buffer.from(row.hash, "hex");
  const presented = Buffer.from(hashSecret(token.secret), "hex");
  return stored.length === presented.length && timingSafeEqual(stored, presented);
}

/** Two headers that name two callers are refused: a proxy in front might have looked at the other one. */
function presentedKey(headers: IncomingHttpHeaders): string {
  const bearer = bearerOf(headers.authorization);
  const apiKey = headers["x-api-key"];
  if (Array.isArray(apiKey)) throw new Unauthenticated();
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey)
    throw new Unauthenticated("This request carries two different API keys.");
  const key = bearer ?? apiKey;
  if (key === undefined || key.length > 256) throw new Unauthenticated();
  return key;
}

/** Throws for any scheme other than Bearer: such a request means to be somebody whom we cannot know. */
function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") throw new Unauthenticated();
  return authorization.slice(7).trim();
}
