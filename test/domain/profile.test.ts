import { expect } from "chai";

import { Profile, SCHEMA_DIALECTS } from "../../src/domain/profile.ts";

describe("Profile", () => {
  it("selects everything, verbatim and under the ids, when nothing is said", () => {
    expect(Profile.parse({})).to.deep.equal({ schema: "full", names: "prefixed", maxNameLength: 48 });
  });

  it("keeps what it does not use yet", () => {
    const profile = Profile.parse({ mode: "hybrid", pinned: ["github__create_issue"] });

    expect(profile).to.deep.include({ mode: "hybrid", pinned: ["github__create_issue"] });
  });

  it("knows its dialects", () => {
    for (const schema of SCHEMA_DIALECTS) expect(Profile.parse({ schema }).schema).to.equal(schema);
    expect(Profile.safeParse({ schema: "mistral" }).success).to.equal(false);
  });

  for (const profile of [
    { servers: ["a__b"] },
    { servers: "a" },
    { maxNameLength: 23 },
    { maxNameLength: 65 },
    { maxNameLength: 30.5 },
    { tools: ["a"] },
    { tools: { allow: [""] } },
    { clients: [""] },
    { names: "long" },
    { server: ["a"] },
  ]) {
    it(`refuses ${JSON.stringify(profile)}`, () => {
      expect(Profile.safeParse(profile).success).to.equal(false);
    });
  }
});
