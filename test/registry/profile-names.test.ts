import { expect } from "chai";
import * as fc from "fast-check";

import { type Nameable, profileNames } from "../../src/registry/profile-names.ts";
import { publicIds } from "../../src/registry/tool-names.ts";

const LONG = "a_tool_whose_name_is_so_long_that_it_cannot_be_kept_whole";
const PREFIXED = { names: "prefixed", maxNameLength: 48, schema: "full" } as const;
const SHORT = { ...PREFIXED, names: "short" } as const;

/** As the catalog makes them: `{ mail: ["send"] }`. */
function items(servers: Readonly<Record<string, readonly string[]>>): Nameable[] {
  return Object.entries(servers).flatMap(([server, names]) => {
    const ids = publicIds(server, names);
    return names.map((name) => ({ id: ids.get(name) ?? "", server, name }));
  });
}

describe("profileNames", () => {
  it("are the ids unless the profile says otherwise", () => {
    const all = items({ mail: ["send", "list.all", LONG], zoo: ["send"] });

    expect([...profileNames(all, all, PREFIXED)]).to.deep.equal(all.map((item) => [item, item.id]));
  });

  it("are cut to the profile's length, each with a hash of its own", () => {
    const all = items({
      mail: ["send", `${LONG}1`, `${LONG}2`],
      "a-server-with-a-long-name": ["send", "sent"],
    });

    const names = [...profileNames(all, all, { ...PREFIXED, maxNameLength: 24 }).values()];

    expect(names[0]).to.equal("mail__send");
    for (const name of names.slice(1)) expect(name).to.match(/^.{15}_[0-9a-f]{8}$/);
    expect(new Set(names).size).to.equal(all.length);
  });

  it("are whole again where there is room for that", () => {
    const all = items({ mail: [LONG] });

    expect(all[0]?.id).to.have.length(48);
    expect([...profileNames(all, all, { ...PREFIXED, maxNameLength: 64 }).values()]).to.deep.equal([
      `mail__${LONG}`,
    ]);
  });

  it("do not change because another tool is left out", () => {
    const all = items({ mail: [`${LONG}1`, `${LONG}2`, "send"] });
    const rule = { ...PREFIXED, maxNameLength: 30 };

    const whole = profileNames(all, all, rule);
    const some = profileNames(all.slice(1), all, rule);

    for (const item of all.slice(1)) expect(some.get(item)).to.equal(whole.get(item));
  });

  it("begin with a letter or _ for Gemini", () => {
    const all = items({ "3d": ["print"], mail: ["send"] });
    const rule = { ...PREFIXED, schema: "gemini" } as const;

    expect([...profileNames(all, all, rule).values()]).to.deep.equal(["_3d__print", "mail__send"]);
    expect([...profileNames(all, all, { ...rule, names: "short" }).values()]).to.deep.equal([
      "print",
      "send",
    ]);
  });

  describe("that are short", () => {
    it("are the tools' own where only one tool has them", () => {
      const all = items({ mail: ["send", "read"], zoo: ["read", "feed it"] });

      expect([...profileNames(all, all, SHORT).values()]).to.deep.equal([
        "send",
        "mail__read",
        "zoo__read",
        "feed_it",
      ]);
    });

    it("look only at what the profile shows", () => {
      const all = items({ mail: ["read"], zoo: ["read"] });

      expect([...profileNames(all.slice(0, 1), all, SHORT).values()]).to.deep.equal(["read"]);
    });

    it("never are another tool's prefixed name", () => {
      const all = items({ a: ["b__c", "x"], b: ["c", "x"] });
      const names = [...profileNames(all, all, SHORT).values()];

      expect(names).to.deep.equal(["a__b__c", "a__x", "c", "b__x"]);
    });

    it("stay prefixed and cut where the own name is too long", () => {
      const all = items({ mail: [LONG] });

      expect([...profileNames(all, all, { ...SHORT, maxNameLength: 32 }).values()][0]).to.match(
        /^mail__a_tool_whose_name_[0-9a-f]{8}$/,
      );
    });
  });

  it("are all different, valid, no longer than they may be, and the same in any order", () => {
    const server = fc.stringMatching(/^[a-z0-9]{1,4}(?:-[a-z]{1,20})?$/);
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 70 }),
      fc.constantFrom("a", "a.b", "a/b", "a_b", LONG, `${LONG}2`, "b__a"),
    );
    const servers = fc.dictionary(server, fc.uniqueArray(name, { maxLength: 8 }), { maxKeys: 5 });
    const rule = fc.record({
      names: fc.constantFrom("prefixed" as const, "short" as const),
      maxNameLength: fc.integer({ min: 24, max: 64 }),
      schema: fc.constantFrom("full" as const, "gemini" as const),
    });

    fc.assert(
      fc.property(servers, rule, (all, by) => {
        const list = items(all);
        const names = profileNames(list, list, by);
        const backward = profileNames(list.toReversed(), list.toReversed(), by);
        expect(new Set(names.values()).size).to.equal(list.length);
        for (const [item, shown] of names) {
          expect(shown).to.match(/^[A-Za-z0-9_-]+$/);
          expect(shown.length).to.be.at.most(by.maxNameLength);
          expect(backward.get(item)).to.equal(shown);
        }
      }),
    );
  });
});
