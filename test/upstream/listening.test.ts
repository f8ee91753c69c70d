import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { UpstreamBroken } from "../../src/domain/upstream-errors.ts";
import type { ListName } from "../../src/upstream/list-changes.ts";
import { Listening } from "../../src/upstream/listening.ts";
import type { Subscription } from "../../src/upstream/subscription.ts";
import { Reply } from "../../src/wire/reply.ts";
import { rejection } from "../support/refusal.ts";
import { NEVER } from "./mcp-upstream.ts";

const REFUSED = Reply.of("error", { code: -32601, message: "Method not found" }, "2026");
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream that does what the test says. */
class Stream {
  readonly subscription: Subscription;
  closed = false;
  asked: JsonObject = {};

  constructor(subscription: Subscription) {
    this.subscription = subscription;
    this.begin();
  }

  begin(): void {
    this.asked = this.subscription.begin()["notifications"] as JsonObject;
  }

  async acknowledge(uris = this.asked["resourceSubscriptions"]): Promise<void> {
    this.subscription.acknowledged({ notifications: { resourceSubscriptions: uris } });
    await tick();
  }

  async fail(
    final = false,
    failure: Reply | UpstreamBroken = new UpstreamBroken("up", "cut"),
  ): Promise<void> {
    this.subscription.ended({ failure, final });
    await tick();
  }

  close(): void {
    this.closed = true;
  }
}

describe("Listening", () => {
  let streams: Stream[];
  let missed: string[];

  beforeEach(() => {
    streams = [];
    missed = [];
  });

  function listening(lists: readonly ListName[] = [], patienceMs = 1_000): Listening {
    return new Listening({
      server: "up",
      patienceMs,
      lists,
      onMissed: (uri) => missed.push(uri),
      open: (subscription) => {
        const opened = new Stream(subscription);
        streams.push(opened);
        return opened;
      },
    });
  }

  function stream(index: number): Stream {
    const found = streams[index];
    if (found === undefined) expect.fail(`stream ${index} was not opened`);
    return found;
  }

  it("asks for nothing while there is nothing to listen to", () => {
    listening();

    expect(streams).to.deep.equal([]);
  });

  it("asks for the lists from the beginning", () => {
    listening(["tools", "resources"]);

    expect(stream(0).asked).to.deep.equal({ toolsListChanged: true, resourcesListChanged: true });
  });

  it("follows a resource when the upstream has acknowledged it", async () => {
    const subject = listening();
    const following = subject.follow("a://1", NEVER());
    expect(stream(0).asked).to.deep.equal({ resourceSubscriptions: ["a://1"] });

    await stream(0).acknowledge();

    expect((await following).kind).to.equal("result");
  });

  it("answers with an error for a resource that is not acknowledged", async () => {
    const subject = listening(["tools"]);
    await stream(0).acknowledge();
    const [one, two] = [subject.follow("a://1", NEVER()), subject.follow("a://2", NEVER())];
    await stream(1).acknowledge([]);
    await stream(2).acknowledge();

    expect(await one).to.have.property("kind", "error");
    expect((await one).value["data"]).to.deep.equal({ uri: "a://1" });
    expect(await two).to.have.property("kind", "result");
    expect(stream(2).asked["resourceSubscriptions"]).to.deep.equal(["a://2"]);
    expect(streams).to.have.length(3);
  });

  it("opens the new stream before it closes the old one", async () => {
    const subject = listening(["tools"]);
    await stream(0).acknowledge();

    const following = subject.follow("a://1", NEVER());
    expect(stream(1).asked).to.deep.equal({ toolsListChanged: true, resourceSubscriptions: ["a://1"] });
    expect(stream(0).closed).to.equal(false);
    await stream(1).acknowledge();
    await following;

    expect(streams.map(({ closed }) => closed)).to.deep.equal([true, false]);
  });

  it("follows what is followed already at once", async () => {
    const subject = listening();
    const first = subject.follow("a://1", NEVER());
    await stream(0).acknowledge();
    await first;

    expect((await subject.follow("a://1", NEVER())).kind).to.equal("result");
    expect(streams).to.have.length(1);
  });

  it("puts what is asked for meanwhile into one next stream", async () => {
    const subject = listening();
    const all = ["a://1", "a://2", "a://3"].map((uri) => subject.follow(uri, NEVER()));
    expect(streams).to.have.length(1);

    await stream(0).acknowledge();
    await stream(1).acknowledge();

    for (const reply of await Promise.all(all)) expect(reply.kind).to.equal("result");
    expect(stream(1).asked["resourceSubscriptions"]).to.deep.equal(["a://1", "a://2", "a://3"]);
  });

  it("listens to less when a resource is not followed any more, and to nothing in the end", async () => {
    const subject = listening();
    const both = [subject.follow("a://1", NEVER()), subject.follow("a://2", NEVER())];
    await stream(0).acknowledge();
    await stream(1).acknowledge();
    await Promise.all(both);

    subject.unfollow("a://1");
    await stream(2).acknowledge();
    expect(stream(2).asked["resourceSubscriptions"]).to.deep.equal(["a://2"]);
    subject.unfollow("a://2");
    subject.unfollow("a://never");

    expect(streams.map(({ closed }) => closed)).to.deep.equal([true, true, true]);
  });

  describe("a refusal", () => {
    it("is the answer for all that were asked for, and the old stream stays", async () => {
      const subject = listening(["tools"]);
      await stream(0).acknowledge();
      const following = subject.follow("a://1", NEVER());

      await stream(1).fail(true, REFUSED);

      expect(await following).to.equal(REFUSED);
      expect(streams.map(({ closed }) => closed)).to.deep.equal([false, true]);
    });

    it("of the first stream is not the last word: a later resource is asked for anew", async () => {
      const subject = listening(["tools"]);
      await stream(0).fail(true, REFUSED);

      const following = subject.follow("a://1", NEVER());
      await stream(1).acknowledge();

      expect((await following).kind).to.equal("result");
    });
  });

  describe("a failure", () => {
    it("is told to whoever waits, and the stream of the lists tries on", async () => {
      const subject = listening(["tools"]);
      await stream(0).fail();

      const following = rejection(() => subject.follow("a://1", NEVER()));
      await stream(1).fail();

      expect((await following).code).to.equal("upstream_broken");
      stream(1).begin();
      expect(stream(1).asked).to.deep.equal({ toolsListChanged: true });
      expect(stream(1).closed).to.equal(false);
      expect(stream(0).closed).to.equal(true);
    });

    it("is no reason to wait for the next attempt of a stream that is of no use", async () => {
      const subject = listening();
      const failed = rejection(() => subject.follow("a://1", NEVER()));
      await stream(0).fail();
      expect((await failed).code).to.equal("upstream_broken");
      expect(stream(0).closed).to.equal(true);

      const following = subject.follow("a://1", NEVER());
      await stream(1).acknowledge();

      expect((await following).kind).to.equal("result");
    });

    it("of a new stream leaves those alone who came meanwhile", async () => {
      const subject = listening();
      const first = rejection(() => subject.follow("a://1", NEVER()));
      const second = subject.follow("a://2", NEVER());

      await stream(0).fail();
      await stream(1).acknowledge();

      expect((await first).code).to.equal("upstream_broken");
      expect((await second).kind).to.equal("result");
      expect(stream(1).asked["resourceSubscriptions"]).to.deep.equal(["a://2"]);
    });
  });

  it("reports what may have been missed when a stream was interrupted, and asks for the same again", async () => {
    const subject = listening();
    const following = subject.follow("a://1", NEVER());
    await stream(0).acknowledge();
    await following;

    await stream(0).fail();
    stream(0).begin();
    await stream(0).acknowledge();
    await stream(0).acknowledge();

    expect(stream(0).asked["resourceSubscriptions"]).to.deep.equal(["a://1"]);
    expect(missed).to.deep.equal(["a://1"]);
    expect(streams).to.have.length(1);
  });

  describe("who does not wait any longer", () => {
    it("is not followed for", async () => {
      const subject = listening();
      const abort = new AbortController();
      const given = rejection(() => subject.follow("a://1", abort.signal));

      abort.abort();
      expect((await given).code).to.equal("cancelled");
      await stream(0).acknowledge();

      expect(stream(0).closed, "nothing is left to listen to").to.equal(true);
    });

    it("takes nothing away from another one with the same resource", async () => {
      const subject = listening();
      const abort = new AbortController();
      const given = rejection(() => subject.follow("a://1", abort.signal));
      const following = subject.follow("a://1", NEVER());

      abort.abort();
      await given;
      await stream(0).acknowledge();

      expect((await following).kind).to.equal("result");
      expect(stream(0).closed).to.equal(false);
    });

    it("may also be the gateway, when the upstream is silent", async () => {
      const error = await rejection(() => listening([], 20).follow("a://1", NEVER()));

      expect(error).to.deep.include({ code: "upstream_timeout" });
    });
  });

  it("ends with the connection", async () => {
    const subject = listening(["tools"]);
    await stream(0).acknowledge();
    const waiting = rejection(() => subject.follow("a://1", NEVER()));

    subject.close();

    expect((await waiting).code).to.equal("upstream_broken");
    expect(streams.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect((await rejection(() => subject.follow("a://2", NEVER()))).code).to.equal("upstream_broken");
    await stream(1).acknowledge();
    expect(streams).to.have.length(2);
  });
});
