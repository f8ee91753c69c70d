import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { ApiKeys } from "../../src/auth/auth.ts";
import { createToken, parseToken } from "../../src/auth/key-token.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type Storage, openStorage } from "../../src/storage/storage.ts";
import { rejection } from "../support/refusal.ts";

const logger = createLogger({ level: "silent", write: () => undefined });

describe("ApiKeys", () => {
  let folder: string;
  let storage: Storage;
  let keys: ApiKeys;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sg-keys-"));
    storage = await openStorage({ url: `file:${join(folder, "x.db")}`, logger });
    keys = new ApiKeys({ store: storage.apiKeys });
  });
  afterEach(async () => {
    await storage.close();
    rmSync(folder, { recursive: true });
  });

  it("stores only a hash of the secret", async () => {
    const { key } = await keys.create({ name: "anna", role: "user" });
    await storage.close();

    const secret = parseToken(key)?.secret ?? expect.fail("not a token");
    for (const file of readdirSync(folder))
      expect(readFileSync(join(folder, file)).includes(secret)).to.equal(false);
  });

  it("never shows a hash", async () => {
    const { row } = await keys.create({ name: "anna", role: "user" });

    expect(row).not.to.have.property("hash");
    expect((await keys.list())[0]).not.to.have.property("hash");
  });

  it("lists name, role, tenant and expiry", async () => {
    await keys.create({ name: "ci", role: "viewer", expiresAt: "2999-01-01T00:00:00Z" });

    expect((await keys.list())[0]).to.deep.include({
      name: "ci",
      role: "viewer",
      tenant: "default",
      expiresAt: "2999-01-01T00:00:00Z",
    });
  });

  for (const expiresAt of ["2001-01-01T00:00:00Z", "tomorrow", ""]) {
    it(`refuses to create a key that expires at "${expiresAt}"`, async () => {
      const error = await rejection(() => keys.create({ name: "x", role: "user", expiresAt }));

      expect(error.code).to.equal("invalid_request");
      expect(await keys.list()).to.deep.equal([]);
    });
  }

  it("revokes a key once", async () => {
    const { row } = await keys.create({ name: "x", role: "user" });

    expect(await keys.revoke(row.id)).to.equal(true);
    expect(await keys.revoke(row.id)).to.equal(false);
    expect(await keys.revoke("nobody")).to.equal(false);
    expect((await keys.list())[0]?.revokedAt).to.be.a("string");
  });

  it("creates an administrator's key at the first start only", async () => {
    const first = await keys.ensureAdminKey();
    const second = await keys.ensureAdminKey();

    expect(parseToken(first ?? "")).not.to.equal(undefined);
    expect(second).to.equal(undefined);
    expect(await keys.list()).to.have.length(1);
  });

  it("does not create another one when the first was revoked", async () => {
    await keys.ensureAdminKey();
    await keys.revoke((await keys.list())[0]?.id ?? "");

    expect(await keys.ensureAdminKey()).to.equal(undefined);
  });
});

describe("key tokens", () => {
  it("look like swg_<id>_<secret>_<crc> and are read back", () => {
    const token = createToken();

    expect(token.text).to.match(/^swg_[0-9a-z]{12}_[0-9a-z]{52}_[0-9a-f]{8}$/);
    expect(parseToken(token.text)).to.deep.equal(token);
  });

  it("are all different", () => {
    const tokens = Array.from({ length: 1_000 }, () => createToken());

    expect(new Set(tokens.map((token) => token.id)).size).to.equal(1_000);
    expect(new Set(tokens.map((token) => token.secret)).size).to.equal(1_000);
  });

  for (const text of [
    "",
    "swg_",
    "swg_a_b_c",
    "SWG_0123456789ab_x_00000000",
    `${createToken().text} `,
    `x${createToken().text}`,
  ]) {
    it(`do not include "${text.slice(0, 20)}…"`, () => {
      expect(parseToken(text)).to.equal(undefined);
    });
  }
});
