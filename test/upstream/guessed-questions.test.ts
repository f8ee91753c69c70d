import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import type { Answerer, Question } from "../../src/upstream/connection.ts";
import { OpenQuestions, type Request } from "../../src/upstream/open-questions.ts";
import { Reply } from "../../src/wire/reply.ts";

const request = (id: string): Request => ({ kind: "request", id, method: "roots/list", params: {} });
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Caller {
  readonly questions: Question[] = [];
  #resolve: (reply: Reply) => void = () => {};

  readonly onRequest: Answerer = (question) => {
    this.questions.push(question);
    return new Promise((resolve) => (this.#resolve = resolve));
  };

  async answer(value: JsonObject): Promise<void> {
    this.#resolve(Reply.of("result", value, "2025"));
    await tick();
  }
}

describe("a question that does not say which call it belongs to", () => {
  let sent: JsonObject[];
  let others: Caller;
  const open = (shared: boolean): OpenQuestions =>
    new OpenQuestions({
      send: (message) => sent.push(JSON.parse(message) as JsonObject),
      onRequest: others.onRequest,
      shared,
    });

  beforeEach(() => {
    sent = [];
    others = new Caller();
  });

  it("goes to the only call of a connection with one caller", () => {
    const call = new Caller();
    const questions = open(false);
    questions.began(call);

    questions.ask(request("a"));

    expect(call.questions).to.have.length(1);
    expect(others.questions).to.deep.equal([]);
  });

  it("never goes to the only call of a connection that several callers share", () => {
    const call = new Caller();
    const questions = open(true);
    questions.began(call);

    questions.ask(request("a"));
    questions.ask(request("b"), call);

    expect(others.questions).to.have.length(1);
    expect(call.questions).to.have.length(1);
  });

  it("goes on when that call has ended, unless the caller has left", async () => {
    const questions = open(false);
    const leaving = new AbortController();
    const [done, left] = [new Caller(), Object.assign(new Caller(), { signal: leaving.signal })];
    questions.began(done);
    questions.ask(request("a"));
    questions.ended(done);
    questions.began(left);
    questions.ask(request("b"));
    leaving.abort();
    questions.ended(left);
    await done.answer({ ok: true });

    expect(done.questions[0]?.signal.aborted).to.equal(false);
    expect(left.questions[0]?.signal.aborted).to.equal(true);
    expect(sent.map(({ id, result }) => [id, result])).to.deep.equal([
      ["b", undefined],
      ["a", { ok: true }],
    ]);
  });
});
