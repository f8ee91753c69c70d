import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Answerer, Question } from "../../src/upstream/connection.ts";
import { OpenQuestions, type Request } from "../../src/upstream/open-questions.ts";
import { Reply } from "../../src/wire/reply.ts";

const SAMPLING = "sampling/createMessage";
const request = (id: string | number, method = SAMPLING, params: JsonObject = {}): Request => ({
  kind: "request",
  id,
  method,
  params,
});
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps its questions until the test answers them. */
class Keeper {
  readonly questions: Question[] = [];
  readonly #resolve: ((reply: Reply) => void)[] = [];
  readonly #reject: ((error: unknown) => void)[] = [];

  readonly onRequest: Answerer = (question) => {
    this.questions.push(question);
    return new Promise((resolve, reject) => {
      this.#resolve.push(resolve);
      this.#reject.push(reject);
    });
  };

  async answer(value: JsonObject, index = 0): Promise<void> {
    this.#resolve[index]?.(Reply.of("result", value, "2025"));
    await tick();
  }

  async fail(error: unknown): Promise<void> {
    this.#reject[0]?.(error);
    await tick();
  }
}

describe("OpenQuestions", () => {
  let sent: string[];
  let fallback: Keeper;
  let questions: OpenQuestions;

  beforeEach(() => {
    sent = [];
    fallback = new Keeper();
    questions = new OpenQuestions({ send: (message) => sent.push(message), onRequest: fallback.onRequest });
  });
  const messages = (): JsonObject[] => sent.map((text) => JSON.parse(text) as JsonObject);
  const errors = (): JsonObject[] => messages().map((message) => message["error"] as JsonObject);

  it("answers a ping at once, and asks nobody", () => {
    const call = new Keeper();

    questions.ask(request("p-1", "ping"), call);

    expect(messages()).to.deep.equal([{ jsonrpc: "2.0", result: {}, id: "p-1" }]);
    expect(call.questions).to.deep.equal([]);
  });

  for (const id of ["q-1", "7", 7, 0, "", 'ü"\\']) {
    it(`sends the answer with the upstream's own id (${JSON.stringify(id)})`, async () => {
      questions.ask(request(id));

      await fallback.answer({ model: "m" });

      expect(messages()).to.deep.equal([{ jsonrpc: "2.0", result: { model: "m" }, id }]);
    });
  }

  it("hands on method and params as they are", () => {
    const params = { message: "Name?", requestedSchema: { type: "object" }, _meta: { progressToken: "t" } };

    questions.ask(request(1, "elicitation/create", params));

    expect(fallback.questions[0]?.method).to.equal("elicitation/create");
    expect(fallback.questions[0]?.params).to.equal(params);
    expect(fallback.questions[0]?.signal.aborted).to.equal(false);
  });

  it("sends the answer's bytes, on one line", async () => {
    const asked = new OpenQuestions({
      send: (message) => sent.push(message),
      onRequest: async () => new Reply("result", Buffer.from('{"n":\r\n12345678901234567890}'), "2025"),
    });

    asked.ask(request(1));
    await tick();

    expect(sent).to.deep.equal(['{"jsonrpc":"2.0","result":{"n":  12345678901234567890},"id":1}']);
  });

  it("sends an error reply as an error", async () => {
    const refusing = new OpenQuestions({
      send: (message) => sent.push(message),
      onRequest: async () => Reply.of("error", { code: -1, message: "User said no." }, "2025"),
    });

    refusing.ask(request(1));
    await tick();

    expect(errors()).to.deep.equal([{ code: -1, message: "User said no." }]);
  });

  describe("whom it asks", () => {
    it("is the call that the question came with", () => {
      const [one, two] = [new Keeper(), new Keeper()];
      questions.began(one);
      questions.began(two);

      questions.ask(request(1), two);

      expect([one, two, fallback].map((each) => each.questions.length)).to.deep.equal([0, 1, 0]);
    });

    it("is the only call that can answer, when the question came with none", () => {
      const call = new Keeper();
      questions.began(call);
      questions.began({});

      questions.ask(request(1));

      expect(call.questions).to.have.length(1);
    });

    it("is the only call that can answer, when the one that it came with cannot", () => {
      const call = new Keeper();
      questions.began(call);

      questions.ask(request(1), {});

      expect(call.questions).to.have.length(1);
    });

    it("is nobody in particular when two calls could be meant, or none", () => {
      const calls = [new Keeper(), new Keeper()];
      questions.ask(request(1));
      for (const call of calls) questions.began(call);
      questions.ask(request(2));

      expect(fallback.questions).to.have.length(2);
      for (const call of calls) expect(call.questions).to.deep.equal([]);
    });

    it("is the other call when one of two has ended", () => {
      const [one, two] = [new Keeper(), new Keeper()];
      questions.began(one);
      questions.began(two);
      questions.ended(one);

      questions.ask(request(1));

      expect(two.questions).to.have.length(1);
    });
  });

  describe("a failure to answer", () => {
    it("is told with the gateway's sentence", async () => {
      questions.ask(request(1));

      await fallback.fail(new GatewayError("cancelled", "The client has gone."));

      expect(errors()).to.deep.equal([{ code: -32603, message: "The client has gone." }]);
    });

    it("tells nothing of what is nobody's business", async () => {
      questions.ask(request(1));

      await fallback.fail(new TypeError("x is not a function at /secret/path.js"));

      expect(errors()).to.deep.equal([{ code: -32603, message: "The request could not be answered." }]);
    });

    it("may also be thrown", async () => {
      const throwing = new OpenQuestions({
        send: (message) => sent.push(message),
        onRequest: () => {
          throw new GatewayError("interaction_unsupported", "Nobody is there.");
        },
      });

      throwing.ask(request(1));
      await tick();

      expect(errors()[0]).to.have.property("message", "Nobody is there.");
    });
  });

  describe("when the upstream takes a question back", () => {
    it("the question is aborted, and its answer not sent", async () => {
      questions.ask(request("q"));

      questions.takenBack({ requestId: "q", reason: "Too late." });
      await fallback.answer({});

      expect(fallback.questions[0]?.signal.aborted).to.equal(true);
      expect(sent).to.deep.equal([]);
    });

    it("another one with an id of another type goes on", async () => {
      questions.ask(request("1"));

      questions.takenBack({ requestId: 1 });
      questions.takenBack({});
      questions.takenBack({ requestId: null });
      await fallback.answer({});

      expect(messages()[0]).to.have.property("id", "1");
    });

    it("its id may be used again, and belongs to the new question then", async () => {
      questions.ask(request(1));
      questions.takenBack({ requestId: 1 });
      questions.ask(request(1));

      await fallback.answer({ old: true }, 0);
      await fallback.answer({ new: true }, 1);

      expect(messages().map(({ result }) => result)).to.deep.equal([{ new: true }]);
    });
  });

  describe("when a call ends", () => {
    it("its questions are aborted, and the upstream hears that there will be no answer", async () => {
      const call = new Keeper();
      questions.began(call);
      for (const id of ["a", "b"]) questions.ask(request(id), call);

      questions.ended(call);
      await call.answer({});

      expect(call.questions.map(({ signal }) => signal.aborted)).to.deep.equal([true, true]);
      expect(messages().map(({ id }) => id)).to.deep.equal(["a", "b"]);
      expect(errors()[0]).to.deep.equal({
        code: -32603,
        message: "The call that this belongs to has ended.",
      });
    });

    it("questions of others go on", () => {
      const [one, two] = [new Keeper(), new Keeper()];
      for (const call of [one, two]) questions.began(call);
      questions.ask(request(1), one);
      questions.ask(request(2));

      questions.ended(two);
      questions.ended({});

      expect(one.questions[0]?.signal.aborted).to.equal(false);
      expect(fallback.questions[0]?.signal.aborted).to.equal(false);
      expect(sent).to.deep.equal([]);
    });
  });

  it("drops all questions with the connection, and sends nothing any more", async () => {
    questions.ask(request(1));
    questions.ask(request(2));

    questions.drop();
    await fallback.answer({}, 0);
    await fallback.answer({}, 1);

    expect(fallback.questions.map(({ signal }) => signal.aborted)).to.deep.equal([true, true]);
    expect(sent).to.deep.equal([]);
  });

  it("refuses a question whose id is in use, and keeps the first one", async () => {
    questions.ask(request("same"));

    questions.ask(request("same"));
    await fallback.answer({ ok: true });

    expect(errors()[0]).to.have.property("code", -32600);
    expect(messages()[1]).to.deep.include({ id: "same", result: { ok: true } });
    expect(fallback.questions).to.have.length(1);
  });

  it("bears 32 open questions and no more, until one of them is answered", async () => {
    for (let id = 0; id < 33; id++) questions.ask(request(id));
    expect(fallback.questions).to.have.length(32);
    expect(errors()).to.have.length(1);
    expect(messages()[0]).to.have.property("id", 32);
    expect(errors()[0]).to.have.property("code", -32603);

    await fallback.answer({}, 5);
    questions.ask(request(33));

    expect(fallback.questions).to.have.length(33);
  });
});
