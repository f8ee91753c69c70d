import { expect } from "chai";

import { Session } from "../../src/mcp/session.ts";
import { FakeConnection } from "../support/fake-connection.ts";
import { settle, withResolvers } from "../support/manual-clock.ts";
import { ALL, STREAM_LIMITS } from "../support/session-table.ts";

function session(
  change: { capabilities?: object; protocolVersion?: string; logLevel?: string } = {},
): Session {
  const { capabilities = {}, protocolVersion = "2025-11-25", logLevel } = change;
  const facts = {
    id: "one",
    endpoint: ALL,
    principal: "one/anna",
    protocolVersion,
    capabilities: { ...capabilities },
    clientInfo: { name: "test" },
  };
  return new Session(facts, { logLevel, subscriptions: new Set() }, { limits: STREAM_LIMITS, now: 1 });
}

describe("Session", () => {
  it("has nothing to tell upstreams of a client that can do nothing and wants no log", () => {
    expect(session().envelope).to.equal(undefined);
  });

  it("tells upstreams what its client can do, and which log it wants once it has said so", () => {
    const capable = session({ capabilities: { sampling: {} } });
    const plain = session();

    plain.become({ ...plain.state, logLevel: "error" });

    const clientInfo = { name: "test" };
    expect(capable.envelope).to.deep.equal({
      capabilities: { sampling: {} },
      clientInfo,
      logLevel: undefined,
    });
    expect(plain.envelope).to.deep.equal({ capabilities: {}, clientInfo, logLevel: "error" });
  });

  it("makes one envelope, not one for each call", () => {
    const capable = session({ capabilities: { roots: {} } });

    expect(capable.envelope).to.equal(capable.envelope);
  });

  it("is in use while a call is under way, and while its stream is open", () => {
    const used = session();
    const [call, connection] = [new AbortController(), new FakeConnection()];
    expect(used.isInUse).to.equal(false);

    used.inFlight.add(1, call);
    expect(used.isInUse).to.equal(true);
    used.inFlight.remove(call);
    used.streams.news.attach(connection.response);
    expect(used.isInUse).to.equal(true);
    connection.drop();

    expect(used.isInUse).to.equal(false);
  });

  it("keeps a message that belongs to no request until somebody hears it", () => {
    const quiet = session();
    const connection = new FakeConnection();

    quiet.send("one");
    quiet.streams.news.attach(connection.response);
    quiet.send(Buffer.from("two"));

    expect(connection.messages).to.deep.equal(["one", "two"]);
  });

  it("says for which requests a client can come back, by the version that it speaks", () => {
    const versions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
    const all = versions.map((protocolVersion) => session({ protocolVersion }));

    expect(all.map((each) => each.canResume(1))).to.deep.equal([false, true, true, true]);
    expect(all.map((each) => each.polls)).to.deep.equal([false, false, false, true]);
    expect(session().canResume("x".repeat(1_000))).to.equal(false);
  });

  it("writes one change after the other", async () => {
    const changing = session();
    const gate = withResolvers<string>();
    const order: string[] = [];

    const first = changing.inTurn(async () => order.push(await gate.promise));
    const second = changing.inTurn(async () => order.push("second"));
    await settle();
    expect(order).to.deep.equal([]);
    gate.resolve("first");
    await Promise.all([first, second]);

    expect(order).to.deep.equal(["first", "second"]);
  });

  it("goes on with changes after one that failed", async () => {
    const changing = session();
    const failed = changing.inTurn(() => Promise.reject(new RangeError("full")));

    const next = changing.inTurn(async () => "stored");

    expect(await failed.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await next).to.equal("stored");
  });

  it("ends its calls, its streams and its news when it ends", () => {
    const ending = session();
    const [call, connection] = [new AbortController(), new FakeConnection()];
    let stopped = 0;
    ending.stopNews = () => stopped++;
    ending.inFlight.add(1, call);
    ending.streams.news.attach(connection.response);

    ending.end();

    expect([call.signal.aborted, connection.isEnded, stopped]).to.deep.equal([true, true, 1]);
  });

  it("leaves so that its client may come back for a stream", () => {
    const leaving = session();
    const connection = new FakeConnection();
    leaving.streams.begin(1, () => {}).attach(connection.response);

    leaving.leave();

    expect(connection.isEnded).to.equal(true);
    expect(connection.lastId).to.match(/[^~]$/);
  });
});
