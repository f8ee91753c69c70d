import { expect } from "chai";

import { LeaseBench, callerOf } from "./lease-bench.ts";
import { NEVER } from "./mcp-upstream.ts";

describe("Leases", () => {
  let bench: LeaseBench;

  beforeEach(() => {
    bench = new LeaseBench({ max: 3, evictIdle: true });
  });
  afterEach(() => bench.leases.close());

  describe("that are idle", () => {
    it("end after five minutes", () => {
      bench.take("anna");
      bench.now = 4 * 60_000;
      bench.take("ben");
      bench.now = 5 * 60_000;

      bench.leases.sweep();

      expect([bench.has("anna"), bench.has("ben")]).to.deep.equal([false, true]);
    });

    it("are not those with a call", async () => {
      const end = await bench.use(bench.take("anna"));
      bench.now = 60 * 60_000;

      bench.leases.sweep();

      expect(bench.has("anna")).to.equal(true);
      await end();
    });

    it("are not those with a follower, until it has gone", async () => {
      const { slot } = bench.take("anna");
      await slot.follow("a://1", "anna", NEVER());
      bench.now = 60 * 60_000;
      bench.leases.sweep();
      expect(bench.has("anna")).to.equal(true);

      slot.unfollow("a://1", "anna");
      bench.leases.sweep();

      expect(bench.has("anna")).to.equal(false);
    });

    it("close their connections", async () => {
      await (
        await bench.use(bench.take("anna"))
      )();
      bench.now = 5 * 60_000;

      bench.leases.sweep();

      expect(bench.made[0]?.connection.closed).to.equal(1);
    });
  });

  describe("that are too many", () => {
    it("make room by dropping the one that was idle longest", () => {
      for (const [scope, at] of [
        ["a", 5],
        ["b", 1],
        ["c", 9],
      ] as const) {
        bench.now = at;
        bench.take(scope);
      }
      bench.now = 20;

      bench.take("d");

      expect(["a", "b", "c", "d"].filter((scope) => bench.has(scope))).to.deep.equal(["a", "c", "d"]);
      expect(bench.leases.count).to.equal(3);
    });

    it("are refused when all are in use", async () => {
      const ends = [
        await bench.use(bench.take("a")),
        await bench.use(bench.take("b")),
        await bench.use(bench.take("c")),
      ];
      bench.now = 1_000_000;

      expect(bench.leases.take(callerOf("d"), false)).to.equal(undefined);
      bench.leases.sweep();
      expect(bench.leases.count).to.equal(3);
      expect(bench.take("a").scope).to.equal("a");
      for (const end of ends) await end();
    });

    describe("where idle ones keep something", () => {
      beforeEach(() => {
        bench = new LeaseBench({ max: 2, evictIdle: false });
      });

      it("are refused, idle or not", async () => {
        await (
          await bench.use(bench.take("a"))
        )();
        await (
          await bench.use(bench.take("b"))
        )();
        bench.now = 1_000;

        expect(bench.leases.take(callerOf("c"), false)).to.equal(undefined);
        expect(["a", "b"].filter((scope) => bench.has(scope))).to.deep.equal(["a", "b"]);
      });

      it("take the place of a free one of a caller without a session", async () => {
        await (
          await bench.use(bench.take("a", true))
        )();
        await (
          await bench.use(bench.take("b"))
        )();
        bench.now = 1_000;

        bench.take("c");

        expect(bench.leases.find(callerOf("a"), true)).to.equal(undefined);
        expect(["b", "c"].filter((scope) => bench.has(scope))).to.deep.equal(["b", "c"]);
      });

      it("take the place of one that has ended", async () => {
        await (
          await bench.use(bench.take("a"))
        )();
        await (
          await bench.use(bench.take("b"))
        )();
        bench.made[0]?.end();
        bench.now = 1_000;

        bench.take("c");

        expect(["a", "b", "c"].filter((scope) => bench.has(scope))).to.deep.equal(["b", "c"]);
      });

      it("do not take the place of one that is to be connected again for followers", async () => {
        const { slot } = bench.take("a");
        await slot.follow("a://1", "a", NEVER());
        await (
          await bench.use(bench.take("b"))
        )();
        bench.now = 1_000;

        expect(bench.leases.take(callerOf("c"), false)).to.equal(undefined);
      });
    });
  });
});
