import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { ClientQuestions } from "../../../src/mcp/questions/client-questions.ts";
import type { Question } from "../../../src/upstream/upstream.ts";
import { FakeClock } from "../../resilience/fake-clock.ts";
import { question } from "./front-requests.ts";

interface Sent {
  readonly id?: string;
  readonly method: string;
  readonly params: JsonObject;
}

/** Where messages to a client go. */
class Channel {
  readonly mayStream: boolean;
  open = true;
  readonly sent: Sent[] = [];

  constructor(mayStream = true) {
    this.mayStream = mayStream;
  }

  write(message: string | Buffer): void {
    this.sent.push(JSON.parse(message.toString()) as Sent);
  }
}

class FakeSession extends Channel {
  readonly id: string;
  readonly capabilities: JsonObject = { elicitation: {}, sampling: {} };
  send = (message: string | Buffer): void => this.write(message);

  constructor(id: string) {
    super();
    this.id = id;
  }
}

const soon = (): Promise<void> => new Promise(setImmediate);

describe("ClientQuestions", () => {
  let questions: ClientQuestions;
  let session: FakeSession;
  let stream: Channel;
  beforeEach(() => {
    questions = new ClientQuestions({ questionMs: 5_000 });
    session = new FakeSession("session-1");
    stream = new Channel();
  });
  afterEach(() => questions.close());

  const idOf = (channel: Channel, at = 0): string => channel.sent[at]?.id ?? "";
  /** As much of a session as matters to whether its streams may carry questions. */
  const withEnvelope = (envelope: object | undefined) => ({ id: session.id, envelope }) as never;
  const serve = (channel: Channel): void =>
    questions.serving(withEnvelope({ capabilities: { roots: {} } }), channel);

  it("asks on the stream of the request in hand, with an id of its own, and waits for the response", async () => {
    const pending = questions.ask(session, stream, question("Name?"));

    expect(stream.sent[0]).to.deep.include({
      jsonrpc: "2.0",
      method: "elicitation/create",
      params: { message: "Name?" },
    });
    expect(idOf(stream)).to.match(/^swg-[\w-]+-1$/);
    expect(session.sent).to.deep.equal([]);
    questions.settle(session, { kind: "response", id: idOf(stream), result: { action: "accept" } });

    const reply = await pending;
    expect([reply.kind, reply.era, reply.value]).to.deep.equal(["result", "2025", { action: "accept" }]);
    expect(questions.size).to.equal(0);
  });

  it("passes the client's error on as it is", async () => {
    const pending = questions.ask(session, stream, question("Name?"));
    const error = { code: -1, message: "User rejected", data: { a: 1 } };

    questions.settle(session, { kind: "response", id: idOf(stream), error });

    const reply = await pending;
    expect([reply.kind, reply.value]).to.deep.equal(["error", error]);
  });

  it("never uses an id twice, not even after a restart", async () => {
    const other = new ClientQuestions({ questionMs: 5_000 });
    for (const asking of [questions, questions, other]) void asking.ask(session, stream, question("?"));

    const ids = stream.sent.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(3);
    other.close();
  });

  describe("the way to the client", () => {
    it("is another request of the session when the own one cannot stream or has ended", () => {
      const other = new Channel();
      serve(other);
      const ended = new Channel();
      ended.open = false;

      void questions.ask(session, new Channel(false), question("1"));
      void questions.ask(session, ended, question("2"));
      void questions.ask(session, undefined, question("3"));

      expect(other.sent.map(({ params }) => params["message"])).to.deep.equal(["1", "2", "3"]);
    });

    it("is the session's own stream when no request is under way", () => {
      const over = new Channel();
      serve(over);
      questions.served(withEnvelope({ capabilities: { roots: {} } }), over);

      void questions.ask(session, undefined, question("1"));

      expect([over.sent.length, session.sent.length]).to.deep.equal([0, 1]);
    });

    it("is never the stream of a client that can be asked nothing", () => {
      const other = new Channel();
      questions.serving(withEnvelope(undefined), other);
      questions.serving(withEnvelope({ capabilities: {} }), other);
      questions.serving(undefined, other);
      questions.served(undefined, other);

      void questions.ask(session, undefined, question("1"));

      expect(other.sent).to.deep.equal([]);
    });
  });

  describe("responses", () => {
    it("are ignored when nobody waits for them", async () => {
      const pending = questions.ask(session, stream, question("Name?"));
      const id = idOf(stream);

      for (const stray of ["swg-1", "", 1, null])
        questions.settle(session, { kind: "response", id: stray, result: {} });
      expect(questions.size).to.equal(1);
      questions.settle(session, { kind: "response", id, result: { n: 1 } });
      questions.settle(session, { kind: "response", id, result: { n: 2 } });

      expect((await pending).value).to.deep.equal({ n: 1 });
    });

    it("count only in the session that was asked", async () => {
      const pending = questions.ask(session, stream, question("Name?"));
      const id = idOf(stream);

      questions.settle(new FakeSession("session-2"), { kind: "response", id, result: { forged: true } });
      questions.settle(session, { kind: "response", id, result: { forged: false } });

      expect((await pending).value).to.deep.equal({ forged: false });
    });

    it("settle each the question that they name, in any order", async () => {
      const first = questions.ask(session, stream, question("1"));
      const second = questions.ask(session, stream, question("2"));

      questions.settle(session, { kind: "response", id: idOf(stream, 1), result: { n: 2 } });
      questions.settle(session, { kind: "response", id: idOf(stream, 0), result: { n: 1 } });

      expect([(await first).value, (await second).value]).to.deep.equal([{ n: 1 }, { n: 2 }]);
    });
  });

  describe("what is not asked at all", () => {
    const ask = async (asked: Partial<Question>): Promise<JsonObject> => {
      const reply = await questions.ask(session, stream, { ...question("?"), ...asked });
      expect(stream.sent).to.deep.equal([]);
      return reply.value;
    };

    it("is what the client did not say it can answer", async () => {
      for (const [method, params, capability] of [
        ["roots/list", {}, "roots"],
        ["sampling/createMessage", { tools: [] }, "sampling.tools"],
        ["elicitation/create", { mode: "url" }, "elicitation.url"],
        ["tasks/get", {}, "tasks"],
        ["vendor/x", {}, "tasks"],
      ] as const) {
        const error = await ask({ method, params });
        expect(error["code"], method).to.equal(-32601);
        expect(error["message"]).to.include(method).and.to.include(`"${capability}"`);
      }
    });

    it("is whether the client is there", async () => {
      expect(await ask({ method: "ping" })).to.deep.equal({});
    });

    it("is what the upstream has taken back already", async () => {
      expect(await ask({ signal: AbortSignal.abort() })).to.include({ code: -32603 });
    });
  });

  it("asks a client with 64 open questions no other one", async () => {
    for (let n = 0; n < 64; n++) void questions.ask(session, stream, question(String(n)));

    const reply = await questions.ask(session, stream, question("one too many"));

    expect(reply.value).to.include({ code: -32603 });
    expect([stream.sent.length, questions.size]).to.deep.equal([64, 64]);
  });

  it("asks for no progress on a question, and leaves the rest of its _meta alone", () => {
    const ask = (_meta: JsonObject): unknown => {
      void questions.ask(session, stream, { ...question("?"), params: { message: "?", _meta } });
      return stream.sent.at(-1)?.params;
    };

    expect(ask({ progressToken: 7 })).to.deep.equal({ message: "?" });
    expect(ask({ progressToken: 7, trace: "t" })).to.deep.equal({ message: "?", _meta: { trace: "t" } });
    expect(ask({ trace: "t" })).to.deep.equal({ message: "?", _meta: { trace: "t" } });
  });

  it("tells the client when the upstream takes the question back", async () => {
    const upstream = new AbortController();
    const pending = questions.ask(session, stream, question("Name?", upstream.signal));

    upstream.abort();

    expect((await pending).kind).to.equal("error");
    expect(stream.sent[1]).to.deep.include({
      method: "notifications/cancelled",
      params: { requestId: idOf(stream), reason: "The question was taken back." },
    });
    expect(questions.size).to.equal(0);
  });

  it("says nothing of a question that was answered before its call ended", async () => {
    const upstream = new AbortController();
    const pending = questions.ask(session, stream, question("Name?", upstream.signal));
    questions.settle(session, { kind: "response", id: idOf(stream), result: {} });
    await pending;

    upstream.abort();
    await soon();

    expect(stream.sent).to.have.length(1);
  });

  it("answers for a client that has ended its session", async () => {
    const mine = questions.ask(session, stream, question("1"));
    const other = questions.ask(new FakeSession("session-2"), stream, question("2"));

    questions.ended(session);

    expect((await mine).value).to.include({ code: -32603 });
    expect(questions.size).to.equal(1);
    questions.close();
    expect((await other).kind).to.equal("error");
  });

  it("gives the user `questionMs`, then tells both sides", async () => {
    const clock = new FakeClock();
    try {
      const pending = questions.ask(session, stream, question("Name?"));
      await clock.advance(4_900, 100);
      expect(questions.size).to.equal(1);

      await clock.advance(200, 100);

      const reply = await pending;
      expect(reply.value).to.include({ code: -32603 });
      expect(reply.value["message"]).to.include("5000 ms");
      expect(stream.sent[1]).to.deep.include({ method: "notifications/cancelled" });
      expect(stream.sent[1]?.params["requestId"]).to.equal(idOf(stream));
      questions.settle(session, { kind: "response", id: idOf(stream), result: {} });
    } finally {
      clock.restore();
    }
  });
});
