import { expect } from "chai";

import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { Reply } from "../../src/wire/reply.ts";
import { settle } from "../support/manual-clock.ts";
import { proves } from "../support/proves.ts";
import { until } from "../wire/raw-server.ts";
import { FakeConnection } from "./fake-connection.ts";
import { FollowingBench } from "./following-bench.ts";

describe("Following, when the connection has ended,", () => {
  let bench: FollowingBench;

  beforeEach(() => {
    bench = new FollowingBench();
  });
  afterEach(() => bench.following.close());

  describe("on a new connection", () => {
    it("is asked for again, and told to have changed: nobody listened meanwhile", async () => {
      proves("subscriptions.again");
      await bench.follow("a://1", "anna");
      await bench.follow("a://2", "ben");
      bench.following.unfollow("a://2", "ben");
      await settle();
      bench.following.lost();
      const next = new FakeConnection();

      bench.following.connected(next);
      await settle();

      expect(next.follows).to.deep.equal(["+a://1"]);
      expect(bench.updates).to.deep.equal([["a://1", { uri: "a://1" }, ["anna"]]]);
    });

    it("that refuses is logged, and tried again on the one after it", async () => {
      await bench.follow("a://1", "anna");
      bench.following.lost();
      const refusing = new FakeConnection();
      refusing.onFollow = async () => Reply.of("error", { code: -32603, message: "Too early." }, "2025");

      bench.following.connected(refusing);
      await settle();
      expect(bench.logged).to.deep.equal(["resource not followed"]);
      expect(bench.updates).to.deep.equal([]);
      bench.following.lost();
      const willing = new FakeConnection();
      bench.following.connected(willing);
      await settle();

      expect(willing.follows).to.deep.equal(["+a://1"]);
      expect(bench.updates).to.have.length(1);
      expect(bench.following.has("a://1", "anna")).to.equal(true);
    });

    it("takes nothing back that was asked of the old one", async () => {
      await bench.follow("a://1", "anna");
      bench.following.lost();
      const next = new FakeConnection();
      bench.following.connected(next);
      await settle();

      bench.following.unfollow("a://1", "anna");
      await settle();

      expect(bench.connection.follows).to.deep.equal(["+a://1"]);
      expect(next.follows).to.deep.equal(["+a://1", "-a://1"]);
    });

    it("is not asked twice by a follower whose wish made the connection", async () => {
      bench.open = async () => {
        bench.following.connected(bench.connection);
        return bench.connection;
      };

      await bench.follow("a://1", "anna");
      await settle();

      expect(bench.connection.follows).to.deep.equal(["+a://1"]);
      expect(bench.updates).to.deep.equal([]);
    });
  });

  describe("connecting again", () => {
    it("happens without a call, as long as somebody follows", async () => {
      await bench.follow("a://1", "anna");
      bench.opened = 0;

      bench.following.lost();

      await until(() => bench.opened === 1);
    });

    it("does not happen for nobody", async () => {
      await bench.follow("a://1", "anna");
      bench.following.unfollow("a://1", "anna");
      bench.opened = 0;

      bench.following.lost();
      await new Promise((resolve) => setTimeout(resolve, 10));

      expect(bench.opened).to.equal(0);
    });

    it("waits as long as it must, also when that has become longer", async () => {
      await bench.follow("a://1", "anna");
      bench.opened = 0;
      bench.retryInMs = 5;

      bench.following.lost();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(bench.opened).to.equal(0);
      bench.retryInMs = 0;

      await until(() => bench.opened === 1);
    });

    it("goes on until it works", async () => {
      await bench.follow("a://1", "anna");
      bench.opened = 0;
      bench.open = async () => {
        // As the slot does after a failed attempt.
        bench.following.lost();
        throw new UpstreamUnavailable("up", "still down");
      };

      bench.following.lost();

      await until(() => bench.opened >= 3);
    });

    it("ends when it is closed", async () => {
      await bench.follow("a://1", "anna");
      bench.opened = 0;
      bench.following.lost();

      bench.following.close();
      bench.following.lost();
      await new Promise((resolve) => setTimeout(resolve, 10));

      expect(bench.opened).to.equal(0);
    });

    it("ends when the last follower has gone in the meantime", async () => {
      await bench.follow("a://1", "anna");
      bench.opened = 0;
      bench.following.lost();

      bench.following.release("anna");
      await new Promise((resolve) => setTimeout(resolve, 10));

      expect(bench.opened).to.equal(0);
    });
  });
});
