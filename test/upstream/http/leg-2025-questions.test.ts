import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import { type JsonObject, stringAt } from "../../../src/domain/json.ts";
import type { Question } from "../../../src/upstream/connection.ts";
import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  type Exchange,
  Heard,
  HeldQuestions,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  speaks2025,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

const SAMPLING = "sampling/createMessage";
const says = (value: JsonObject): Reply => Reply.of("result", value, "2025");

describe("questions on an HTTP leg of the 2025 era", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: Leg2025[] = [];

  beforeEach(async () => {
    upstream = speaks2025(await McpUpstream.start(), { session: () => "s" });
    plans = new PlanMaker();
    heard = new Heard();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((leg) => leg.close()));
    await plans.close();
    await upstream.close();
  });

  async function connect(options: Parameters<PlanMaker["plan"]>[1] = {}): Promise<Leg2025> {
    const leg = await Leg2025.open(plans.plan(upstream.url, options), heard, NEVER());
    open.push(leg);
    return leg;
  }

  /** Each call of a tool asks its caller first, and has the answer in its result. */
  function asking(
    idOf: (exchange: Exchange) => string | number = ({ params }) => `q-${stringAt(params, "name")}`,
  ): void {
    const waiting = new Map<unknown, Exchange>();
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      const id = idOf(exchange);
      waiting.set(id, exchange);
      sseMessage(exchange, { id, method: SAMPLING, params: { of: exchange.params["name"] } });
    });
    upstream.on("response", ({ params, response }) => {
      response.writeHead(202).end();
      const exchange = waiting.get(params["id"]);
      if (exchange === undefined) return;
      sseMessage(exchange, { id: exchange.id, result: { got: params["result"] ?? params["error"] } });
      exchange.response.end();
    });
  }

  /** A tool that asks and never gets any further. */
  function askingOnly(id: string | number = "q"): void {
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id, method: SAMPLING, params: {} });
    });
  }

  const answers = (): readonly JsonObject[] => upstream.of("response").map(({ params }) => params);

  it("are answered by the call on whose stream they come", async () => {
    asking();
    const questions: Question[] = [];

    const reply = await (
      await connect()
    ).call(
      toolCall("a", {
        onRequest: async (question) => {
          questions.push(question);
          return says({ model: "m", content: { type: "text", text: "ü" } });
        },
      }),
    );

    expect(reply.value).to.deep.equal({ got: { model: "m", content: { type: "text", text: "ü" } } });
    expect(questions[0]).to.deep.include({ method: SAMPLING, params: { of: "a" } });
    expect(upstream.last("response").headers).to.deep.include({
      "mcp-session-id": "s",
      "content-type": "application/json",
    });
    expect(heard.questions).to.deep.equal([]);
  });

  it("of many calls at once go to each one's own caller", async () => {
    asking();
    const leg = await connect();
    const names = Array.from({ length: 30 }, (_, n) => `t${n}`);

    const replies = await Promise.all(
      names.map((name) =>
        leg.call(
          toolCall(name, {
            onRequest: async ({ params }) => {
              await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
              return says({ me: name, asked: params["of"] ?? null });
            },
          }),
        ),
      ),
    );

    expect(replies.map(({ value }) => value["got"])).to.deep.equal(
      names.map((name) => ({ me: name, asked: name })),
    );
  });

  for (const id of ["text", "1", 1, 0]) {
    it(`are answered with the id that they have (${JSON.stringify(id)})`, async () => {
      asking(() => id);

      await (await connect()).call(toolCall("a", { onRequest: async () => says({}) }));

      expect(answers()).to.deep.equal([{ jsonrpc: "2.0", result: {}, id }]);
    });
  }

  it("may be refused: the upstream hears the error", async () => {
    asking();
    const error = { code: -1, message: "User rejected sampling request", data: { a: 1 } };

    const reply = await (
      await connect()
    ).call(toolCall("a", { onRequest: async () => Reply.of("error", error, "2025") }));

    expect(reply.value["got"]).to.deep.equal(error);
  });

  it("that could not be answered are errors with the gateway's sentence", async () => {
    asking();
    const gone = new GatewayError("cancelled", "The client has gone.");

    const reply = await (await connect()).call(toolCall("a", { onRequest: () => Promise.reject(gone) }));

    expect(reply.value["got"]).to.deep.equal({ code: -32603, message: "The client has gone." });
  });

  it("of a call that answers none go to whoever is behind the connection", async () => {
    asking();
    heard.answer = async () => says({ from: "behind" });

    const reply = await (await connect()).call(toolCall("a"));

    expect(reply.value["got"]).to.deep.equal({ from: "behind" });
    expect(heard.questions).to.have.length(1);
  });

  it("are aborted when the upstream takes them back, and not answered then", async () => {
    let call: Exchange | undefined;
    upstream.on("tools/call", (exchange) => {
      call = exchange;
      openSse(exchange);
      sseMessage(exchange, { id: 5, method: SAMPLING, params: {} });
    });
    let question: Question | undefined;
    const calling = (await connect()).call(
      toolCall("a", {
        onRequest: (asked) => {
          question = asked;
          return new Promise((resolve) => asked.signal.addEventListener("abort", () => resolve(says({}))));
        },
      }),
    );
    await until(() => question !== undefined);

    if (call !== undefined) {
      sseMessage(call, { method: "notifications/cancelled", params: { requestId: 5, reason: "enough" } });
      sseMessage(call, { id: call.id, result: { done: true } });
      call.response.end();
    }

    expect((await calling).value).to.deep.equal({ done: true });
    expect(question?.signal.aborted).to.equal(true);
    expect(answers()).to.deep.equal([]);
    expect(heard.notifications).to.deep.equal([]);
  });

  it("end with an error when their call is given up", async () => {
    askingOnly();
    const abort = new AbortController();
    const { questions, onRequest } = new HeldQuestions();
    const leg = await connect();
    const failed = rejection(() => leg.call(toolCall("a", { signal: abort.signal, onRequest })));
    await until(() => questions.length === 1);

    abort.abort();

    expect((await failed).code).to.equal("cancelled");
    expect(questions[0]?.signal.aborted).to.equal(true);
    await until(() => answers().length === 1);
    expect(answers()[0]).to.deep.equal({
      jsonrpc: "2.0",
      error: { code: -32603, message: "The call that this belongs to has ended." },
      id: "q",
    });
  });

  it("end with an error when their call is answered all the same", async () => {
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id: "q", method: SAMPLING, params: {} });
      sseMessage(exchange, { id: exchange.id, result: {} });
      exchange.response.end();
    });

    await (await connect()).call(toolCall("a", { onRequest: new HeldQuestions().onRequest }));

    await until(() => answers().length === 1);
    expect(answers()[0]?.["error"]).to.have.property("code", -32603);
  });

  it("are aborted with the connection, and nothing is sent then", async () => {
    askingOnly();
    let question: Question | undefined;
    const leg = await connect();
    heard.answer = (asked) => {
      question = asked;
      return new Promise((resolve) => asked.signal.addEventListener("abort", () => resolve(says({}))));
    };
    leg.call(toolCall("a")).catch(() => undefined);
    await until(() => question !== undefined);

    await leg.close();

    expect(question?.signal.aborted).to.equal(true);
    expect(answers()).to.deep.equal([]);
  });

  it("are 32 at most; the upstream is told so about the next one", async () => {
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      for (let id = 0; id < 34; id++) sseMessage(exchange, { id, method: SAMPLING, params: {} });
      sseMessage(exchange, { id: 0, method: SAMPLING, params: {} });
    });
    const { questions, onRequest } = new HeldQuestions();
    const leg = await connect();
    leg.call(toolCall("a", { onRequest })).catch(() => undefined);

    await until(() => answers().length === 3);

    expect(questions).to.have.length(32);
    const codes = answers().map(({ id, error }) => [id, (error as JsonObject)["code"]]);
    expect(codes).to.have.deep.members([
      [32, -32603],
      [33, -32603],
      [0, -32600],
    ]);
  });

  it("can be told of the client's progress", async () => {
    asking();
    const leg = await connect();

    await leg.call(
      toolCall("a", {
        onRequest: async () => {
          leg.notify("notifications/progress", { progressToken: "theirs", progress: 1 });
          await until(() => upstream.count("notifications/progress") === 1);
          return says({});
        },
      }),
    );

    expect(upstream.last("notifications/progress").params).to.deep.equal({
      progressToken: "theirs",
      progress: 1,
    });
  });
});
