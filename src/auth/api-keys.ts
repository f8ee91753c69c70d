import { InvalidRequest } from "../domain/errors.ts";
import type { Role } from "../domain/identity.ts";
import type { ApiKeyRow, ApiKeyStore } from "../storage/storage.ts";
import { type KeyToken, createToken, hashSecret } from "./key-token.ts";

/** The tenant of all keys as long as there is only one. */
const DEFAULT_TENANT = "default";
const LOCAL_ID = "local";

/** A key as it may be shown: without the hash of its secret. */
export type ApiKey = Omit<ApiKeyRow, "hash">;

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly tenant?: string | undefined;
  /** ISO 8601. */
  readonly expiresAt?: string | undefined;
}

/** The API keys of this gateway. Their secrets are never stored, and are shown once. */
export class ApiKeys {
  readonly #store: ApiKeyStore;
  readonly #now: () => number;
  readonly #onRevoked = new Set<(id: string) => void>();
  #local: { readonly token: KeyToken; readonly row: ApiKeyRow } | undefined;

  constructor(deps: { store: ApiKeyStore; now?: () => number }) {
    this.#store = deps.store;
    this.#now = deps.now ?? Date.now;
  }

  /** `key` is the only copy of the secret. Throws InvalidRequest for an expiry that is no time or has passed. */
  async create(wanted: NewApiKey): Promise<{ readonly key: string; readonly row: ApiKey }> {
    const { expiresAt } = wanted;
    if (expiresAt !== undefined && !(Date.parse(expiresAt) > this.#now()))
      throw new InvalidRequest("The key would have expired already.", [
        { path: "expires_at", message: "expected a time in the future" },
      ]);
    const token = createToken();
    const row = this.#row(token, wanted);
    await this.#store.insert(row);
    return { key: token.text, row: withoutHash(row) };
  }

  async list(): Promise<readonly ApiKey[]> {
    return (await this.#store.list()).map(withoutHash);
  }

  /** From the moment that this resolves the key is refused, also where it was accepted a second ago. */
  async revoke(id: string): Promise<boolean> {
    const revoked = await this.#store.revoke(id, this.#time());
    for (const listener of this.#onRevoked) listener(id);
    return revoked;
  }

  onRevoked(listener: (id: string) => void): void {
    this.#onRevoked.add(listener);
  }

  /** At the very first start: an administrator's key to be printed once. Nothing when there have ever been keys. */
  async ensureAdminKey(): Promise<string | undefined> {
    if ((await this.#store.list()).length > 0) return undefined;
    const { key } = await this.create({ name: "admin (first start)", role: "admin" });
    return key;
  }

  /** The administrator's key of whoever may read this process's data folder. It is never stored and ends with the process. */
  localKey(): string {
    if (this.#local === undefined) {
      const token = createToken(LOCAL_ID);
      this.#local = { token, row: this.#row(token, { name: "local", role: "admin" }) };
    }
    return this.#local.token.text;
  }

  find(id: string): ApiKeyRow | undefined | Promise<ApiKeyRow | undefined> {
    return id === LOCAL_ID ? this.#local?.row : this.#store.find(id);
  }

  async touch(id: string): Promise<void> {
    if (id !== LOCAL_ID) await this.#store.touch(id, this.#time());
  }

  #row(token: KeyToken, wanted: NewApiKey): ApiKeyRow {
    return {
      id: token.id,
      name: wanted.name,
      role: wanted.role,
      tenant: wanted.tenant ?? DEFAULT_TENANT,
      hash: hashSecret(token.secret),
      createdAt: this.#time(),
      ...(wanted.expiresAt === undefined ? {} : { expiresAt: wanted.expiresAt }),
    };
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

function withoutHash(row: ApiKeyRow): ApiKey {
  const shown: ApiKey & { hash?: string } = { ...row };
  delete shown.hash;
  return shown;
}
