import { expect } from "chai";

import type { SessionStreams } from "../../src/mcp/session-streams.ts";
import { FakeConnection } from "../support/fake-connection.ts";
import { idOf, never, none, resume as resumeOver, streamsOf } from "../support/session-streams.ts";

const pause = (ms: number) => new Promise((later) => setTimeout(later, ms));

describe("the stream of a request", () => {
  let streams: SessionStreams;
  beforeEach(() => {
    streams = streamsOf();
  });

  const resume = (connection: FakeConnection): FakeConnection =>
    resumeOver(streams, connection, new FakeConnection());

  it("begins with an id and a pause, and gives every event an id of its own", () => {
    const connection = new FakeConnection();
    const stream = streams.begin(1, never);

    stream.attach(connection.response);
    stream.write("one");
    stream.finish(Buffer.from("two"), none);

    expect(connection.text).to.match(/^retry: 2000\nid: [^\n]+\ndata: \n\n/);
    expect(connection.messages).to.deep.equal(["one", "two"]);
    expect(new Set(connection.events.map(({ id }) => id)).size).to.equal(3);
    expect(connection.isEnded).to.equal(true);
  });

  it("has other ids than those of another request with the same id", () => {
    const [first, second] = [new FakeConnection(), new FakeConnection()];

    streams.begin(1, never).attach(first.response);
    streams.begin(1, never).attach(second.response);

    expect(first.lastId).to.not.equal(second.lastId);
  });

  it("goes on after the last event that the client has, with what was said meanwhile, until the answer", async () => {
    const first = new FakeConnection();
    const stream = streams.begin("a", never);
    stream.attach(first.response);
    stream.write("one");
    first.drop();
    stream.write("two");

    const second = resume(first);
    stream.write("three");
    stream.finish(Buffer.from("four"), none);

    expect(second.messages).to.deep.equal(["two", "three", "four"]);
    expect(second.isEnded).to.equal(true);
    expect(idOf(second)).to.include({ request: "a", last: true });
    await pause(40);
  });

  it("repeats what the client says that it has not got, though it was written", () => {
    const first = new FakeConnection();
    const stream = streams.begin(1, never);
    stream.attach(first.response);
    const early = idOf(first);
    stream.write("one");
    stream.write("two");

    const second = new FakeConnection();
    streams.resume(early, second.response);

    expect(second.messages).to.deep.equal(["one", "two"]);
    expect(first.isEnded, "the new connection replaces the old one").to.equal(true);
  });

  it("primes a client that comes back before there is anything new with the place where it is", () => {
    const first = new FakeConnection();
    streams.begin(1, never).attach(first.response);
    first.drop();

    const second = resume(first);

    expect(second.lastId).to.equal(first.lastId);
  });

  it("is replayed to its end when the answer came while nobody was there", () => {
    const first = new FakeConnection();
    const stream = streams.begin(1, never);
    stream.attach(first.response);
    first.drop();
    stream.write("one");
    stream.finish(Buffer.from("two"), none);

    const second = resume(first);

    expect(second.messages).to.deep.equal(["one", "two"]);
    expect(second.isEnded).to.equal(true);
  });

  it("keeps its events apart from those of another", () => {
    const [left, right] = [new FakeConnection(), new FakeConnection()];
    const [first, second] = [streams.begin(1, never), streams.begin(2, never)];
    first.attach(left.response);
    second.attach(right.response);
    left.drop();
    right.drop();
    first.finish(Buffer.from("one"), none);
    second.finish(Buffer.from("two"), none);

    expect(resume(right).messages).to.deep.equal(["two"]);
    expect(resume(left).messages).to.deep.equal(["one"]);
  });

  it("gives the call up when nobody comes back in time", async () => {
    const connection = new FakeConnection();
    let lost = 0;
    streams.begin(1, () => lost++).attach(connection.response);

    connection.drop();
    await pause(10);
    expect(lost).to.equal(0);

    await pause(40);
    expect(lost).to.equal(1);
  });

  it("does not give it up when somebody came back, or the answer is there", async () => {
    const [first, other] = [new FakeConnection(), new FakeConnection()];
    streams.begin(1, never).attach(first.response);
    const done = streams.begin(2, never);
    done.attach(other.response);

    first.drop();
    resume(first);
    other.drop();
    done.finish(Buffer.from("answer"), none);

    await pause(50);
  });

  it("gives it up when the connection was gone before it was used", async () => {
    const connection = new FakeConnection();
    connection.destroyed = true;
    let lost = 0;

    streams.begin(1, () => lost++).attach(connection.response);

    await pause(50);
    expect(lost).to.equal(1);
  });

  it("ends on purpose with the pause that was asked for, and goes on when the client is back", async () => {
    const first = new FakeConnection();
    const stream = streams.begin(1, never);
    stream.attach(first.response);

    stream.interrupt(50);
    expect(first.text.endsWith("retry: 50\n\n")).to.equal(true);
    expect(first.isEnded).to.equal(true);
    await pause(50);
    const second = resume(first);
    stream.finish(Buffer.from("answer"), none);

    expect(second.messages).to.deep.equal(["answer"]);
  });

  it("sends nobody away for longer than minutes, whatever an upstream wants", () => {
    const connection = new FakeConnection();
    const stream = streams.begin(1, never);
    stream.attach(connection.response);

    stream.interrupt(999_999_999);

    expect(connection.text.endsWith("retry: 300000\n\n")).to.equal(true);
    stream.drop();
  });

  it("gives a call up whose client did not come back after the pause", async () => {
    const connection = new FakeConnection();
    let lost = 0;
    const stream = streams.begin(1, () => lost++);
    stream.attach(connection.response);

    stream.interrupt(30);
    await pause(40);
    expect(lost).to.equal(0);

    await pause(50);
    expect(lost).to.equal(1);
  });

  it("keeps a short error in place of an answer that is too large to be kept", () => {
    const connection = new FakeConnection();
    const stream = streams.begin(1, never);
    stream.attach(connection.response);
    const early = idOf(connection);

    stream.finish(Buffer.alloc(2_000, "x"), () => Buffer.from("too large"));
    const second = new FakeConnection();
    streams.resume(early, second.response);

    expect(connection.messages[0], "whoever is there gets it").to.have.length(2_000);
    expect(second.messages).to.deep.equal(["too large"]);
    expect(second.lastId).to.equal(connection.lastId);
  });

  it("ends without an answer so that the client knows not to come back", () => {
    const connection = new FakeConnection();
    const stream = streams.begin(1, never);
    stream.attach(connection.response);
    stream.write("one");

    stream.drop();
    stream.write("two");
    stream.finish(Buffer.from("three"), none);

    expect(connection.messages).to.deep.equal(["one"]);
    expect(idOf(connection).last).to.equal(true);
    expect(connection.isEnded).to.equal(true);
  });
});
