import type { Logger } from "../observability/logger.ts";
import { type ApiKeyStore, apiKeyStore } from "./api-key-store.ts";
import { type CallLogStore, callLogStore } from "./call-log-store.ts";
import { openDatabase, type StorageKind } from "./database.ts";
import { type HttpToolStore, httpToolStore } from "./http-tool-store.ts";
import { type IdempotencyStore, idempotencyStore } from "./idempotency-store.ts";
import { migrate } from "./migrations.ts";
import { type OfferingStore, offeringStore } from "./offering-store.ts";
import { type ServerStore, serverStore } from "./server-store.ts";
import { type SessionStore, sessionStore } from "./session-store.ts";
import { type SettingStore, settingStore } from "./setting-store.ts";
import { type VectorStore, vectorStore } from "./vector-store.ts";

export type { ApiKeyRow, ApiKeyStore } from "./api-key-store.ts";
export type { CallFilter, CallLogStore, CallRow } from "./call-log-store.ts";
export type { StorageKind } from "./database.ts";
export type { HttpToolStore } from "./http-tool-store.ts";
export type { IdempotencyStore, KeyBounds, KeyRow, KeyState } from "./idempotency-store.ts";
export type { OfferingStore } from "./offering-store.ts";
export type { ServerStore } from "./server-store.ts";
export type { SessionRow, SessionStore } from "./session-store.ts";
export type { SettingStore } from "./setting-store.ts";
export type { VectorStore } from "./vector-store.ts";

/**
 * All that outlives the process. Every method throws GatewayError("storage_unavailable") when the database does not
 * answer; once it is back, the next call works again.
 */
export interface Storage {
  readonly kind: StorageKind;
  readonly servers: ServerStore;
  readonly offerings: OfferingStore;
  readonly apiKeys: ApiKeyStore;
  readonly httpTools: HttpToolStore;
  readonly sessions: SessionStore;
  readonly settings: SettingStore;
  readonly vectors: VectorStore;
  readonly idempotency: IdempotencyStore;
  readonly calls: CallLogStore;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens `file:/path/switchgear.db` (SQLite) or `postgres://…` and brings its tables up to date. */
export async function openStorage(options: { url: string; logger: Logger }): Promise<Storage> {
  const database = await openDatabase(options.url, options.logger);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    kind: database.kind,
    servers: serverStore(database),
    offerings: offeringStore(database),
    apiKeys: apiKeyStore(database),
    httpTools: httpToolStore(database),
    sessions: sessionStore(database),
    settings: settingStore(database),
    vectors: vectorStore(database),
    idempotency: idempotencyStore(database),
    calls: callLogStore(database),
    ping: () => database.ping(),
    close: () => database.close(),
  };
}
