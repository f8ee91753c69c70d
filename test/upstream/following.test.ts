import { expect } from "chai";

import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { Reply } from "../../src/wire/reply.ts";
import { settle, withResolvers } from "../support/manual-clock.ts";
import { proves } from "../support/proves.ts";
import { rejection } from "../support/refusal.ts";
import { FollowingBench } from "./following-bench.ts";

describe("Following", () => {
  let bench: FollowingBench;

  beforeEach(() => {
    bench = new FollowingBench();
  });
  afterEach(() => bench.following.close());

  it("asks the upstream once, however many follow", async () => {
    proves("subscriptions.counted");
    await Promise.all([
      bench.follow("a://1", "anna"),
      bench.follow("a://1", "ben"),
      bench.follow("a://1", "anna"),
    ]);

    expect(bench.connection.follows).to.deep.equal(["+a://1"]);
  });

  it("tells the upstream when the last one has gone", async () => {
    proves("subscriptions.counted");
    await bench.follow("a://1", "anna");
    await bench.follow("a://1", "ben");

    bench.following.unfollow("a://1", "anna");
    await settle();
    expect(bench.connection.follows).to.deep.equal(["+a://1"]);
    bench.following.unfollow("a://1", "ben");
    await settle();

    expect(bench.connection.follows).to.deep.equal(["+a://1", "-a://1"]);
    expect(bench.following.isEmpty).to.equal(true);
  });

  it("asks again for what was given up", async () => {
    await bench.follow("a://1", "anna");
    bench.following.unfollow("a://1", "anna");
    await settle();

    await bench.follow("a://1", "anna");

    expect(bench.connection.follows).to.deep.equal(["+a://1", "-a://1", "+a://1"]);
  });

  it("gives up all of a scope at once, and nothing of another", async () => {
    await bench.follow("a://1", "anna");
    await bench.follow("a://2", "anna");
    await bench.follow("a://2", "ben");

    bench.following.release("anna");
    await settle();

    expect(bench.connection.follows).to.deep.equal(["+a://1", "+a://2", "-a://1"]);
    expect(bench.following.has("a://2", "ben")).to.equal(true);
  });

  describe("that fails", () => {
    it("by a refusal of the upstream is an error for all that asked, and followed by none", async () => {
      bench.connection.onFollow = async () =>
        Reply.of("error", { code: -32601, message: "No.", data: 7 }, "2025");

      const errors = await Promise.all(
        ["anna", "ben"].map((scope) => rejection(() => bench.follow("a://1", scope))),
      );

      for (const error of errors) {
        expect(error).to.deep.include({ code: "upstream_error", outcome: "rejected", retryable: false });
        expect(error.details).to.deep.equal({ server: "up", rpc_code: -32601, data: 7 });
        expect(error.message).to.contain("No.");
      }
      expect(bench.following.isEmpty).to.equal(true);
      await settle();
      expect(bench.connection.follows).to.deep.equal(["+a://1"]);
    });

    it("is asked again for the next one who wants it", async () => {
      bench.connection.onFollow = async () =>
        Reply.of("error", { code: -32603, message: "Not now." }, "2025");
      await rejection(() => bench.follow("a://1", "anna"));
      bench.connection.onFollow = async () => Reply.of("result", {}, "2025");

      await bench.follow("a://1", "anna");

      expect(bench.connection.follows).to.deep.equal(["+a://1", "+a://1"]);
    });

    it("because there is no connection leaves nothing behind", async () => {
      bench.open = async () => {
        throw new UpstreamUnavailable("up", "it is down");
      };

      expect(await rejection(() => bench.follow("a://1", "anna"))).to.have.property(
        "code",
        "upstream_unavailable",
      );

      expect(bench.following.isEmpty).to.equal(true);
    });

    it("for one who gave up goes on for the others", async () => {
      const held = withResolvers<Reply>();
      bench.connection.onFollow = () => held.promise;
      const abort = new AbortController();
      const impatient = rejection(() => bench.following.follow("a://1", "anna", abort.signal));
      const patient = bench.follow("a://1", "ben");
      await settle();

      abort.abort();

      expect(await impatient).to.have.property("code", "cancelled");
      held.resolve(Reply.of("result", {}, "2025"));
      await patient;
      expect(bench.following.has("a://1", "anna")).to.equal(false);
      expect(bench.connection.follows).to.deep.equal(["+a://1"]);
    });

    it("for the only one, who gave up, is taken back", async () => {
      const held = withResolvers<Reply>();
      bench.connection.onFollow = () => held.promise;
      const abort = new AbortController();
      const impatient = rejection(() => bench.following.follow("a://1", "anna", abort.signal));
      await settle();

      abort.abort();
      await impatient;

      expect(bench.connection.follows).to.deep.equal(["+a://1", "-a://1"]);
    });
  });

  describe("updates", () => {
    it("reach the scopes that follow, verbatim", async () => {
      await bench.follow("a://1", "anna");
      await bench.follow("a://1", "ben");
      await bench.follow("a://2", "carl");

      bench.following.updated({ uri: "a://1", extra: true });

      expect(bench.updates).to.deep.equal([["a://1", { uri: "a://1", extra: true }, ["anna", "ben"]]]);
    });

    it("of a part reach those who follow the whole", async () => {
      await bench.follow("a://1", "anna");

      bench.following.updated({ uri: "a://1/part" });

      expect(bench.updates).to.deep.equal([["a://1", { uri: "a://1/part" }, ["anna"]]]);
    });

    it("of what nobody follows, or of nothing, are dropped", async () => {
      await bench.follow("a://1", "anna");

      bench.following.updated({ uri: "a://2" });
      bench.following.updated({ uri: 7 });
      bench.following.updated({});

      expect(bench.updates).to.deep.equal([]);
    });
  });
});
