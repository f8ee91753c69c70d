import { expect } from "chai";

import type { Identity } from "../../src/domain/identity.ts";
import type { Tool } from "../../src/domain/offering.ts";
import { cacheKey } from "../../src/proxy/cache-key.ts";

const identity: Identity = { subject: "anna", tenant: "one", role: "user" };
const tool = { id: "a__b", server: "a", name: "b", hash: "h1" } as Tool;
const base = { identity, scope: "caller", serverVersion: 1, tool, args: { x: [1, { y: 2, z: 3 }] } } as const;

describe("cacheKey", () => {
  it("is the same for arguments that differ only in the order of their keys", () => {
    expect(cacheKey({ ...base, args: { x: [1, { z: 3, y: 2 }] } })).to.equal(cacheKey(base));
  });

  it("changes with everything that may change the answer", () => {
    const others = [
      { ...base, identity: { ...identity, subject: "ben" } },
      { ...base, identity: { ...identity, tenant: "two" } },
      { ...base, scope: "shared" as const },
      { ...base, serverVersion: 2 },
      { ...base, tool: { ...tool, name: "c" } },
      { ...base, tool: { ...tool, server: "z" } },
      { ...base, tool: { ...tool, hash: "h2" } },
      { ...base, args: { x: [1, { y: 2, z: 4 }] } },
      { ...base, args: { x: [{ y: 2, z: 3 }, 1] } },
    ];
    expect(new Set([base, ...others].map(cacheKey)).size).to.equal(others.length + 1);
  });

  it("cannot be made to collide by a subject that contains the separator", () => {
    const sly = { ...base, identity: { ...identity, tenant: "one:anna", subject: "" } };
    expect(cacheKey(sly)).to.not.equal(cacheKey(base));
  });

  it("leaves the caller out only when answers are shared", () => {
    const shared = { ...base, scope: "shared" as const };
    expect(cacheKey({ ...shared, identity: { ...identity, subject: "ben" } })).to.equal(cacheKey(shared));
  });
});
