import { expect } from "chai";

import { VerifiedTokens } from "../../src/auth/verified-tokens.ts";
import type { Identity } from "../../src/domain/identity.ts";

const identity = (keyId: string): Identity => ({
  subject: `key:${keyId}`,
  tenant: "default",
  role: "user",
  keyId,
});

describe("VerifiedTokens", () => {
  it("remembers a token until its time is over", () => {
    const tokens = new VerifiedTokens(10);
    tokens.put("digest", identity("a"), 1_000);

    expect(tokens.get("digest", 999)).to.deep.equal(identity("a"));
    expect(tokens.get("digest", 1_000)).to.equal(undefined);
    expect(tokens.get("other", 0)).to.equal(undefined);
  });

  it("lets the oldest go when it is full", () => {
    const tokens = new VerifiedTokens(2);
    for (const name of ["a", "b", "a", "c"]) tokens.put(name, identity(name), 1_000);

    expect(["a", "b", "c"].map((name) => tokens.get(name, 0)?.keyId)).to.deep.equal(["a", undefined, "c"]);
  });

  it("forgets every token of a revoked key, and no other", () => {
    const tokens = new VerifiedTokens(10);
    tokens.put("one", identity("a"), 1_000);
    tokens.put("two", identity("a"), 1_000);
    tokens.put("three", identity("b"), 1_000);

    tokens.forget("a");

    expect(["one", "two", "three"].map((digest) => tokens.get(digest, 0)?.keyId)).to.deep.equal([
      undefined,
      undefined,
      "b",
    ]);
  });

  it("starts a new generation with every revocation, also of a key that it does not hold", () => {
    const tokens = new VerifiedTokens(10);
    const before = tokens.generation;

    tokens.forget("unknown");

    expect(tokens.generation).not.to.equal(before);
  });
});
