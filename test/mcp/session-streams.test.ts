import { expect } from "chai";

import { SessionStreams } from "../../src/mcp/session-streams.ts";
import { FakeConnection } from "../support/fake-connection.ts";
import {
  SHORT_LIMITS,
  idOf,
  never,
  none,
  resume as resumeOver,
  streamsOf,
} from "../support/session-streams.ts";

describe("the streams of a session", () => {
  let streams: SessionStreams;
  beforeEach(() => {
    streams = streamsOf();
  });

  const resume = (connection: FakeConnection): FakeConnection =>
    resumeOver(streams, connection, new FakeConnection());

  describe("of news", () => {
    it("keep what is said while no connection is there, and say it once", () => {
      streams.news.write("one");
      const [first, second] = [new FakeConnection(), new FakeConnection()];

      streams.news.attach(first.response);
      streams.news.write("two");
      first.drop();
      streams.news.write("three");
      streams.news.attach(second.response);

      expect(first.messages).to.deep.equal(["one", "two"]);
      expect(second.messages).to.deep.equal(["three"]);
    });

    it("repeat what came after the event that the client has", () => {
      const [first, second] = [new FakeConnection(), new FakeConnection()];
      streams.news.attach(first.response);
      const early = idOf(first);
      streams.news.write("one");
      first.drop();

      streams.news.attach(second.response, early.seq);

      expect(second.messages).to.deep.equal(["one"]);
    });

    it("know whether a message waits already", () => {
      streams.news.write("same");
      expect(streams.news.isWaiting("same")).to.equal(true);
      expect(streams.news.isWaiting("other")).to.equal(false);

      streams.news.attach(new FakeConnection().response);

      expect(streams.news.isWaiting("same")).to.equal(false);
    });

    it("go on after their connection was ended by the gateway", () => {
      const [first, second] = [new FakeConnection(), new FakeConnection()];
      streams.news.attach(first.response);

      streams.disconnect();
      streams.news.write("one");
      streams.news.attach(second.response);

      expect(first.isEnded).to.equal(true);
      expect(idOf(first).last, "the client may come back").to.equal(false);
      expect(second.messages).to.deep.equal(["one"]);
    });
  });

  describe("for older clients", () => {
    it("begin without an event that has no data, and end with no pause of their own", () => {
      streams = streamsOf("2025-06-18");
      const connection = new FakeConnection();
      const stream = streams.begin(1, never);

      stream.attach(connection.response);
      stream.write("one");
      stream.interrupt(10);

      expect(connection.text).to.not.include("retry");
      expect(connection.events.map(({ data }) => data)).to.deep.equal(["one"]);
      expect(connection.lastId).to.not.equal("");
      expect(connection.isEnded).to.equal(false);
    });

    it("give a call up at once when the client has no id to come back with", () => {
      streams = streamsOf("2025-06-18");
      const connection = new FakeConnection();
      let lost = 0;
      streams.begin(1, () => lost++).attach(connection.response);

      connection.drop();

      expect(lost).to.equal(1);
    });

    it("wait for one that has an id", () => {
      streams = streamsOf("2025-03-26");
      const first = new FakeConnection();
      const stream = streams.begin(1, never);
      stream.attach(first.response);
      stream.write("one");

      first.drop();
      stream.finish(Buffer.from("two"), none);

      expect(resume(first).messages).to.deep.equal(["two"]);
    });

    it("have no ids before 2025-03-26", () => {
      streams = streamsOf("2024-11-05");
      const connection = new FakeConnection();
      streams.news.attach(connection.response);

      streams.news.write("one");

      expect(connection.text).to.equal(":\n\nevent: message\ndata: one\n\n");
    });
  });

  describe("and the past", () => {
    it("know the ids of this session, and which of them are of this start of the gateway", () => {
      const connection = new FakeConnection();
      streams.news.attach(connection.response);
      const id = idOf(connection);
      const other = new SessionStreams({ id: "two", protocolVersion: "2025-11-25" }, SHORT_LIMITS);
      const later = streamsOf();

      expect([streams.knows(id), streams.isOfThisStart(id)]).to.deep.equal([true, true]);
      expect([later.knows(id), later.isOfThisStart(id)]).to.deep.equal([true, false]);
      expect(other.knows(id)).to.equal(false);
      expect(connection.text).to.not.include("one");
    });

    it("have nothing to resume of another start, or when all was dropped", () => {
      const connection = new FakeConnection();
      const stream = streams.begin(1, never);
      stream.attach(connection.response);
      const id = idOf(connection);
      stream.finish(Buffer.from("answer"), none);
      for (let n = 0; n < SHORT_LIMITS.sessionEvents; n++) streams.news.write("news");

      expect(streams.resume(id, new FakeConnection().response)).to.equal(false);
      expect(streamsOf().resume(id, new FakeConnection().response)).to.equal(false);
    });

    it("are forgotten when nobody can be expected to come back, but for what was not heard yet", () => {
      const connection = new FakeConnection();
      const [open, done] = [streams.begin(1, never), streams.begin(2, never)];
      open.attach(new FakeConnection().response);
      done.attach(connection.response);
      const id = idOf(connection);
      open.write("open");
      done.finish(Buffer.from("answer"), none);
      streams.news.write("unheard");

      streams.purge(Date.now());
      expect(streams.resume(id, new FakeConnection().response)).to.equal(true);
      streams.purge(Date.now() + 1_000);

      expect(streams.resume(id, new FakeConnection().response)).to.equal(false);
      const news = new FakeConnection();
      streams.news.attach(news.response);
      expect(news.messages).to.deep.equal(["unheard"]);
      open.drop();
    });

    it("all end when the session ends", () => {
      const [first, second] = [new FakeConnection(), new FakeConnection()];
      streams.begin(1, never).attach(first.response);
      streams.news.attach(second.response);

      streams.close();
      streams.news.write("late");

      expect([first.isEnded, second.isEnded]).to.deep.equal([true, true]);
      expect(second.messages).to.deep.equal([]);
    });
  });
});
