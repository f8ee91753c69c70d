import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { Question } from "../../../src/upstream/connection.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import { HeldQuestions } from "../mcp-upstream.ts";
import { StdioBench, textOf, toolCall } from "./stdio-bench.ts";

const says = (value: JsonObject): Reply => Reply.of("result", value, "2025");
const json = (reply: Reply): unknown => JSON.parse(textOf(reply.value));
const NEVER = new AbortController().signal;

describe("what a stdio child says besides answers", function () {
  this.timeout(15_000);
  let bench: StdioBench;

  beforeEach(() => {
    bench = new StdioBench();
  });
  afterEach(() => bench.close());
  const connect = (overrides: Parameters<StdioBench["tools"]>[0] = {}) =>
    bench.fixture("asking-tools", "", overrides);
  const answersIn = async (connection: Awaited<ReturnType<typeof connect>>): Promise<JsonObject[]> => {
    const received = json(await connection.call(toolCall("received"))) as JsonObject[];
    return received.filter(({ method }) => method === undefined);
  };

  describe("a question", () => {
    it("is answered by the only call that can", async () => {
      const connection = await connect();
      const questions: Question[] = [];
      const other = new AbortController();
      connection.call(toolCall("silent", {}, { signal: other.signal })).catch(() => undefined);

      const reply = await connection.call(
        toolCall(
          "ask",
          {},
          { onRequest: async (question) => (questions.push(question), says({ model: "m" })) },
        ),
      );
      other.abort();

      expect(json(reply)).to.deep.equal({ model: "m" });
      expect(questions[0]).to.deep.include({ method: "sampling/createMessage", params: { name: "asked" } });
      expect(bench.questions).to.deep.equal([]);
    });

    for (const id of ["text", "5", 5]) {
      it(`is answered with the id that it has (${JSON.stringify(id)})`, async () => {
        const connection = await connect();

        await connection.call(toolCall("ask", { id }, { onRequest: async () => says({}) }));

        expect(await answersIn(connection)).to.deep.equal([{ jsonrpc: "2.0", result: {}, id }]);
      });
    }

    it("goes to whoever is behind the connection when the call answers none", async () => {
      const connection = await connect();
      bench.answer = async () => says({ from: "behind" });

      expect(json(await connection.call(toolCall("ask")))).to.deep.equal({ from: "behind" });
    });

    it("goes to whoever is behind the connection when two calls could be meant", async () => {
      const connection = await connect();
      const done = new AbortController();
      bench.answer = async () => says({ from: "behind" });
      const onRequest = async () => says({ from: "a call" });
      connection.call(toolCall("silent", {}, { signal: done.signal, onRequest })).catch(() => undefined);

      const reply = await connection.call(toolCall("ask", {}, { onRequest }));
      done.abort();

      expect(json(reply)).to.deep.equal({ from: "behind" });
    });

    it("hears the gateway's sentence when it cannot be answered", async () => {
      const connection = await connect();
      const onRequest = () => Promise.reject(new GatewayError("cancelled", "The client has gone."));

      const reply = await connection.call(toolCall("ask", {}, { onRequest }));

      expect(json(reply)).to.deep.equal({ code: -32603, message: "The client has gone." });
    });

    it("breaks no line, whatever its answer looks like", async () => {
      const connection = await connect();
      const bytes = Buffer.from('{"a":\n"line\\nbreak ü"\r\n}');

      const reply = await connection.call(
        toolCall("ask", {}, { onRequest: async () => new Reply("result", bytes, "2025") }),
      );

      expect(json(reply)).to.deep.equal({ a: "line\nbreak ü" });
    });

    it("outlives a call that it was only believed to be for", async () => {
      const connection = await connect();
      const { questions, onRequest } = new HeldQuestions();

      await connection.call(toolCall("ask_and_go", {}, { onRequest }));

      expect(questions[0]?.signal.aborted).to.equal(false);
      expect(await answersIn(connection)).to.deep.equal([]);
    });

    it("can be taken back, and is not answered then", async () => {
      const connection = await connect();
      let question: Question | undefined;
      const onRequest = (asked: Question): Promise<Reply> => {
        question = asked;
        return new Promise((resolve) => asked.signal.addEventListener("abort", () => resolve(says({}))));
      };

      await connection.call(toolCall("ask_and_take_back", {}, { onRequest }));

      expect(question?.signal.aborted).to.equal(true);
      expect(await answersIn(connection)).to.deep.equal([]);
    });

    it("is aborted when the child is gone", async () => {
      const connection = await connect();
      const { questions, onRequest } = new HeldQuestions();
      const failed = rejection(() => connection.call(toolCall("ask", {}, { onRequest })));
      await until(() => questions.length === 1);

      process.kill(connection.pid, "SIGKILL");

      expect((await failed).code).to.equal("upstream_broken");
      expect(questions[0]?.signal.aborted).to.equal(true);
    });

    it("is one of 32 at most", async () => {
      const connection = await connect();
      const { questions, onRequest } = new HeldQuestions();

      const reply = await connection.call(toolCall("ask_a_lot", {}, { onRequest }));

      expect(questions).to.have.length(32);
      expect(json(reply)).to.have.property("code", -32603);
    });

    it("is refused in the 2026 era, where a server asks by its answers only", async () => {
      const connection = await bench.fixture("misbehaving-tools", "", { era: "assume-2026" });

      const reply = await connection.call(toolCall("ask", {}, { era: "2026" }));

      const answers = json(reply) as { id: string; error?: { code: number } }[];
      expect(answers.map(({ error }) => error?.code)).to.deep.equal([undefined, -32601, -32601]);
      expect(bench.questions).to.deep.equal([]);
    });
  });

  describe("a log message", () => {
    it("belongs to the only call that listens, from its level on", async () => {
      const connection = await connect();
      const levels: unknown[] = [];

      await connection.call(
        toolCall(
          "log",
          {},
          {
            envelope: { capabilities: {}, logLevel: "info" },
            onNotification: (_, { level }) => levels.push(level),
          },
        ),
      );

      expect(levels).to.deep.equal(["info", "error"]);
      expect(bench.notifications).to.deep.equal([]);
      const received = json(await connection.call(toolCall("received"))) as {
        method: string;
        params: object;
      }[];
      const methods = received.map(({ method }) => method);
      expect(methods.indexOf("logging/setLevel")).to.be.within(1, methods.indexOf("tools/call") - 1);
    });

    it("belongs to no call when none listens, or several do", async () => {
      const connection = await connect();
      const done = new AbortController();
      const onNotification = () => expect.fail("not its own");
      await connection.call(toolCall("log"));
      connection.call(toolCall("silent", {}, { signal: done.signal, onNotification })).catch(() => undefined);
      await connection.call(toolCall("log", {}, { onNotification }));
      done.abort();

      expect(bench.notifications.map(({ method }) => method)).to.deep.equal(
        Array.from({ length: 6 }, () => "notifications/message"),
      );
    });
  });

  it("follows resources by subscriptions", async () => {
    const connection = await connect();

    expect((await connection.follow("a://1", NEVER)).kind).to.equal("result");
    await connection.follow("a://2", NEVER);
    connection.unfollow("a://2");
    await connection.call(toolCall("touch"));

    expect(bench.notifications).to.deep.equal([
      { method: "notifications/resources/updated", params: { uri: "a://1" } },
      { method: "notifications/tasks/status", params: { taskId: "t" } },
    ]);
  });

  it("declares what those can do who use the connection", async () => {
    const client = { capabilities: { sampling: {} }, clientInfo: { name: "inspector", version: "9" } };
    const connection = await connect({ client });

    const [initialize] = json(await connection.call(toolCall("received"))) as { params: object }[];

    expect(initialize?.params).to.deep.include(client);
  });
});
