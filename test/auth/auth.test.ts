import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { ApiKeys, Authenticator } from "../../src/auth/auth.ts";
import { GatewayError, Unauthenticated } from "../../src/domain/errors.ts";
import type { Identity } from "../../src/domain/identity.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type ApiKeyStore, type Storage, openStorage } from "../../src/storage/storage.ts";
import { refusal, rejection } from "../support/refusal.ts";

const logger = createLogger({ level: "silent", write: () => undefined });

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe("Authenticator", () => {
  let folder: string;
  let storage: Storage;
  let now: number;
  let keys: ApiKeys;
  let authenticator: Authenticator;
  let reads: number;
  let touches: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sg-auth-"));
    storage = await openStorage({ url: `file:${join(folder, "x.db")}`, logger });
    now = Date.parse("2026-01-01T00:00:00Z");
    [reads, touches] = [0, 0];
    const counting: ApiKeyStore = {
      ...storage.apiKeys,
      find: (id) => {
        reads++;
        return storage.apiKeys.find(id);
      },
      touch: (id, at) => {
        touches++;
        return storage.apiKeys.touch(id, at);
      },
    };
    keys = new ApiKeys({ store: counting, now: () => now });
    authenticator = new Authenticator({ keys, now: () => now });
  });
  afterEach(async () => {
    await storage.close();
    rmSync(folder, { recursive: true });
  });

  const create = async (name = "anna") => (await keys.create({ name, role: "user" })).key;

  it("knows the bearer of a key", async () => {
    const { key, row } = await keys.create({ name: "anna", role: "operator", tenant: "acme" });

    const identity = await authenticator.authenticate(bearer(key));

    expect(identity).to.deep.equal({
      subject: `key:${row.id}`,
      tenant: "acme",
      role: "operator",
      keyId: row.id,
    });
  });

  for (const [what, headers] of [
    ["X-API-Key", (key: string) => ({ "x-api-key": key })],
    ["the scheme in capitals", (key: string) => ({ authorization: `BEARER ${key}` })],
    ["the scheme in small letters and spaces", (key: string) => ({ authorization: `bearer   ${key} ` })],
    ["the same key in both headers", (key: string) => ({ authorization: `Bearer ${key}`, "x-api-key": key })],
  ] as const) {
    it(`accepts ${what}`, async () => {
      const identity = await authenticator.authenticate(headers(await create()));

      expect(identity.role).to.equal("user");
    });
  }

  it("answers at once for a key that it has just proved", async () => {
    const key = await create();
    await authenticator.authenticate(bearer(key));

    const again = authenticator.authenticate(bearer(key));

    expect(again).not.to.be.instanceOf(Promise);
    expect((again as Identity).role).to.equal("user");
    expect(reads).to.equal(1);
  });

  it("reads the key once for many requests at the same time", async () => {
    const key = await create();

    await Promise.all(Array.from({ length: 20 }, async () => authenticator.authenticate(bearer(key))));

    expect([reads, touches]).to.deep.equal([1, 1]);
  });

  it("looks again after a minute", async () => {
    const key = await create();
    await authenticator.authenticate(bearer(key));

    now += 60_000;
    await authenticator.authenticate(bearer(key));

    expect(reads).to.equal(2);
  });

  it("notes the use of a key at most once a minute", async () => {
    const key = await create();
    for (let second = 0; second < 150; second += 10) {
      await authenticator.authenticate(bearer(key));
      now += 10_000;
    }

    expect(touches).to.equal(3);
    expect((await keys.list())[0]?.lastUsedAt).to.match(/^2026-01-01T00:0/);
  });

  it("accepts a key even when its use cannot be noted", async () => {
    const failing = {
      onRevoked: () => undefined,
      find: (id: string) => storage.apiKeys.find(id),
      touch: () => Promise.reject(new GatewayError("storage_unavailable", "down")),
    };
    const key = await create();

    const identity = await new Authenticator({ keys: failing, now: () => now }).authenticate(bearer(key));

    expect(identity.role).to.equal("user");
  });

  it("refuses a revoked key from that moment on", async () => {
    const { key, row } = await keys.create({ name: "anna", role: "user" });
    await authenticator.authenticate(bearer(key));

    await keys.revoke(row.id);

    const error = await rejection(() => authenticator.authenticate(bearer(key)));
    expect(error.message).to.equal("This API key has been revoked.");
  });

  it("does not remember a key that is revoked while it is being read", async () => {
    const { key, row } = await keys.create({ name: "anna", role: "user" });

    const late = authenticator.authenticate(bearer(key));
    const revoked = keys.revoke(row.id);
    await Promise.allSettled([late, revoked]);

    expect((await rejection(() => authenticator.authenticate(bearer(key)))).code).to.equal("unauthenticated");
  });

  it("refuses a key from the moment of its expiry, also when it was accepted just before", async () => {
    const { key } = await keys.create({ name: "a", role: "user", expiresAt: "2026-01-01T00:00:30Z" });
    await authenticator.authenticate(bearer(key));

    now += 30_000;

    const error = await rejection(() => authenticator.authenticate(bearer(key)));
    expect(error.message).to.equal("This API key has expired.");
  });

  it("says storage_unavailable, not unauthenticated, when the database is down", async () => {
    const key = await create();
    await storage.close();

    const error = await rejection(() => authenticator.authenticate(bearer(key)));

    expect(error.code).to.equal("storage_unavailable");
  });

  describe("with what is no key of ours", () => {
    const good = "swg_0123456789ab_0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk_00000000";
    const bad: readonly [string, Readonly<Record<string, string | string[]>>][] = [
      ["no header at all", {}],
      ["an empty bearer", { authorization: "Bearer " }],
      ["an empty Authorization", { authorization: "" }],
      ["an empty X-API-Key", { "x-api-key": "" }],
      ["another scheme", { authorization: "Basic YWRtaW46YWRtaW4=" }],
      ["another scheme beside a key", { authorization: "Basic YWRtaW46YWRtaW4=", "x-api-key": good }],
      ["a bearer without a scheme", { authorization: good }],
      ["a wrong checksum", { authorization: `Bearer ${good}` }],
      ["a JWT", { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9." }],
      ["two keys in one header", { "x-api-key": `${good}, ${good}` }],
      ["a header given twice", { "x-api-key": [good, good] }],
      ["a very long text", { authorization: `Bearer ${"a".repeat(100_000)}` }],
      ["a text with a null", { authorization: "Bearer swg_\0" }],
    ];
    for (const [what, headers] of bad) {
      it(`refuses ${what} without asking the database`, () => {
        const error = refusal(() => authenticator.authenticate(headers));

        expect(error).to.be.instanceOf(Unauthenticated);
        expect(reads).to.equal(0);
      });
    }

    it("refuses two different keys in the two headers", async () => {
      const headers = { authorization: `Bearer ${await create()}`, "x-api-key": await create() };

      expect(refusal(() => authenticator.authenticate(headers)).message).to.contain("two different API keys");
    });

    it("refuses every key with one character changed", async () => {
      const key = await create();
      for (let at = 0; at < key.length; at++) {
        const changed = `${key.slice(0, at)}${key[at] === "7" ? "8" : "7"}${key.slice(at + 1)}`;
        expect(refusal(() => authenticator.authenticate(bearer(changed)))).to.be.instanceOf(Unauthenticated);
      }
    });

    it("refuses a well-formed key of another gateway", async () => {
      const foreign = new ApiKeys({ store: { ...storage.apiKeys, insert: async () => undefined } });
      const { key } = await foreign.create({ name: "x", role: "admin" });

      expect(await rejection(() => authenticator.authenticate(bearer(key)))).to.be.instanceOf(
        Unauthenticated,
      );
    });

    it("never repeats the key in the error", async () => {
      const error = refusal(() => authenticator.authenticate(bearer(good)));

      expect(JSON.stringify([error, error.message, error.details])).not.to.contain(good);
    });
  });

  describe("local key", () => {
    it("is an administrator's, and stays the same within a process", async () => {
      const key = keys.localKey();

      expect(keys.localKey()).to.equal(key);
      expect(await authenticator.authenticate(bearer(key))).to.deep.include({
        subject: "key:local",
        role: "admin",
      });
      expect([reads, touches]).to.deep.equal([0, 0]);
    });

    it("is refused by the next process", async () => {
      const next = new Authenticator({ keys: new ApiKeys({ store: storage.apiKeys }), now: () => now });

      expect((await rejection(() => next.authenticate(bearer(keys.localKey())))).code).to.equal(
        "unauthenticated",
      );
    });

    it("is not stored", async () => {
      keys.localKey();

      expect(await storage.apiKeys.list()).to.deep.equal([]);
    });
  });
});
