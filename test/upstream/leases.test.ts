import { expect } from "chai";

import { ASKABLE, LeaseBench, callerOf } from "./lease-bench.ts";
import { NEVER } from "./mcp-upstream.ts";

describe("Leases", () => {
  let bench: LeaseBench;

  beforeEach(() => {
    bench = new LeaseBench({ max: 3, evictIdle: true });
  });
  afterEach(() => bench.leases.close());

  describe("of a scope", () => {
    it("are its own, and the same again", () => {
      const anna = bench.take("anna");

      expect(bench.take("anna")).to.equal(anna);
      expect(bench.take("ben").slot).not.to.equal(anna.slot);
      expect(bench.leases.find(callerOf("anna"), false)).to.equal(anna);
      expect(bench.leases.find(callerOf("carl"), false)).to.equal(undefined);
      expect(bench.leases.slots).to.have.length(2);
      expect(bench.leases.count).to.equal(2);
    });

    it("are kept apart by what its clients can do", () => {
      const mute = bench.take("anna");
      const askable = bench.leases.take(callerOf("anna", ASKABLE), false);

      expect(askable?.slot).not.to.equal(mute.slot);
      expect(bench.leases.find(callerOf("anna", { capabilities: { sampling: {} } }), false)).to.equal(
        askable,
      );
      expect(bench.leases.slotsOf("anna")).to.have.length(2);
    });

    it("are never another's, whatever characters a scope has", () => {
      const scopes = ["a", "a b", "a\0b", "", "a/b", "2025 a", " a"];
      bench = new LeaseBench({ max: 100, evictIdle: true });

      for (const scope of scopes)
        for (const envelope of [undefined, ASKABLE]) bench.leases.take(callerOf(scope, envelope), false);

      expect(bench.leases.count).to.equal(scopes.length * 2);
    });

    it("end together with the scope, and no others", () => {
      bench.take("anna");
      bench.leases.take(callerOf("anna", ASKABLE), false);
      bench.take("ben");

      bench.leases.release("anna");
      bench.leases.release("nobody");

      expect([bench.has("anna"), bench.has("ben")]).to.deep.equal([false, true]);
      expect(bench.leases.count).to.equal(1);
      expect(bench.leases.slotsOf("anna")).to.deep.equal([]);
    });

    it("leave nothing behind when they have ended", () => {
      for (let i = 0; i < 3; i++) bench.take(`scope ${i}`);
      for (let i = 0; i < 3; i++) bench.leases.release(`scope ${i}`);

      expect(bench.leases.count).to.equal(0);
      expect(bench.leases.slots).to.deep.equal([]);
    });
  });

  describe("for one call at a time", () => {
    it("are several when calls come at once", async () => {
      const first = bench.take("anna", true);
      const end = await bench.use(first);

      const second = bench.take("anna", true);

      expect(second.slot).not.to.equal(first.slot);
      await end();
    });

    it("are the same one for calls one after the other", async () => {
      const first = bench.take("anna", true);
      await (
        await bench.use(first)
      )();
      const second = bench.take("anna", true);
      await (
        await bench.use(second)
      )();

      expect(second).to.equal(first);
      expect(bench.take("anna", true)).to.equal(first);
      expect(bench.made).to.have.length(1);
    });

    it("are taken in the order of the last use, latest first", async () => {
      const [a, endA] = [bench.take("anna", true), await bench.use(bench.take("anna", true))];
      const [b, endB] = [bench.take("anna", true), await bench.use(bench.take("anna", true))];
      const [c, endC] = [bench.take("anna", true), await bench.use(bench.take("anna", true))];
      await Promise.all([endA(), endB(), endC()]);

      const again = bench.take("anna", true);
      expect(again.slot).to.equal(c.slot);
      const end = await bench.use(again);
      expect(bench.take("anna", true).slot).to.equal(b.slot);
      expect(a.slot).not.to.equal(b.slot);
      await end();
    });

    it("are rather open ones than such that have ended", async () => {
      const open = bench.take("anna", true);
      const endOpen = await bench.use(open);
      const ended = bench.take("anna", true);
      const endEnded = await bench.use(ended);
      await Promise.all([endOpen(), endEnded()]);
      bench.made[1]?.end();

      expect(bench.take("anna", true).slot).to.equal(open.slot);
    });

    it("are rather those on which their caller follows something, until nobody does any more", async () => {
      const followed = bench.take("anna", true);
      const endFollowed = await bench.use(followed);
      const other = bench.take("anna", true);
      const endOther = await bench.use(other);
      await Promise.all([endFollowed(), endOther()]);
      expect(bench.leases.home(callerOf("anna"))).to.equal(other);

      await followed.slot.follow("a://1", "anna", NEVER());

      expect(bench.take("anna", true)).to.equal(followed);
      expect(bench.leases.home(callerOf("anna"))).to.equal(followed);
      followed.slot.unfollow("a://1", "anna");
      bench.take("anna", true);
      await (
        await bench.use(followed)
      )();
      expect(bench.take("anna", true)).to.equal(followed);
    });

    it("are a caller's home though they are busy, and are made if there is none", async () => {
      const home = bench.leases.settle(callerOf("anna")) ?? expect.fail("no room");
      expect(home.exclusive).to.equal(true);
      const end = await bench.use(home);

      expect(bench.leases.settle(callerOf("anna"))).to.equal(home);
      expect(bench.leases.find(callerOf("anna"), true)).to.equal(undefined);
      expect(bench.leases.settle(callerOf("ben"))?.slot).not.to.equal(home.slot);
      expect(bench.leases.slotsFor(callerOf("anna"))).to.deep.equal([home.slot]);
      await end();
    });

    it("leave a caller without a home when all the room is taken", async () => {
      bench = new LeaseBench({ max: 1, evictIdle: false });
      const end = await bench.use(bench.take("anna", true));

      expect(bench.leases.settle(callerOf("ben"))).to.equal(undefined);
      await end();
    });

    it("are not those that a session holds", () => {
      const session = bench.take("anna");

      expect(bench.take("anna", true).slot).not.to.equal(session.slot);
      expect(bench.take("anna").slot).to.equal(session.slot);
    });

    it("are of one principal and its abilities", () => {
      const anna = bench.take("anna", true);
      const askable = bench.leases.take(callerOf("anna", ASKABLE), true);
      const ben = bench.take("ben", true);

      expect(new Set([anna.slot, askable?.slot, ben.slot]).size).to.equal(3);
    });
  });

  it("say which places are dropped: when their scope ends, or nobody uses them", () => {
    const [anna, ben] = [bench.take("anna"), bench.take("ben")];

    bench.leases.release("anna");
    bench.now = 5 * 60_000;
    bench.leases.sweep();

    expect(bench.dropped).to.deep.equal([anna.slot, ben.slot]);
  });

  it("have nothing left after they were closed", async () => {
    bench.take("a");
    await (
      await bench.use(bench.take("b", true))
    )();

    await bench.leases.close();

    expect(bench.leases.slots).to.deep.equal([]);
    expect(bench.leases.count).to.equal(0);
    expect(bench.made[1]?.connection.closed).to.equal(1);
  });
});
