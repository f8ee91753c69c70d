import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { proves } from "../../support/proves.ts";
import { AskingFront, Messages, asks, heardBy } from "./asking-front.ts";

describe("a 2025 client that is asked", () => {
  let asking: AskingFront;
  let session: Record<string, string>;
  before(async () => {
    asking = await AskingFront.start({ questionMs: 400, resumeMs: 50 });
  });
  after(() => asking.close());
  beforeEach(async () => {
    asking.reset();
    asking.upstream = (call) => asks(call, "Name?");
    session = await asking.session();
  });

  const accept = (content: JsonObject): JsonObject => ({ action: "accept", content });

  describe("by an upstream of 2025", () => {
    it("hears the question on the stream of its call, and its answer reaches the upstream", async () => {
      proves("ask.2025-2025");
      const messages = await asking.legacy(session);
      const question = await messages.question();
      expect(question).to.deep.include({
        method: "elicitation/create",
        params: { message: "Name?", requestedSchema: { type: "object", properties: {} } },
      });

      const status = await asking.respond(session, question.id, accept({ name: "Anna" }));

      expect(status).to.equal(202);
      expect(heardBy(await messages.answer())).to.deep.equal([accept({ name: "Anna" })]);
      expect(asking.sent).to.have.length(1);
    });

    it("is asked one question after the other, and several at once", async () => {
      asking.upstream = async (call) => {
        await asks(call, "1");
        const both = await Promise.all([asks(call, "2"), asks(call, "3")]);
        return both[1];
      };
      const messages = await asking.legacy(session);
      await asking.respond(session, (await messages.question("1")).id, accept({}));
      const [second, third] = [await messages.question("2"), await messages.question("3")];

      await asking.respond(session, third.id, accept({ n: 3 }));
      await asking.respond(session, second.id, accept({ n: 2 }));

      expect(heardBy(await messages.answer())).to.deep.equal([accept({ n: 3 })]);
      expect(new Set(messages.all.flatMap(({ id }) => id ?? [])).size).to.equal(4);
    });

    it("is told to forget a question that the upstream takes back", async () => {
      proves("ask.taken-back");
      asking.upstream = async (call) => {
        const taken = new AbortController();
        const params = { message: "Name?" };
        const reply = call.onRequest?.({ method: "elicitation/create", params, signal: taken.signal });
        await new Promise((later) => setTimeout(later, 20));
        taken.abort();
        await reply;
        return Reply.of("result", { content: [] }, "2025");
      };
      const messages = await asking.legacy(session);
      const question = await messages.question();

      const cancelled = await messages.find(({ method }) => method === "notifications/cancelled");

      expect(cancelled?.params).to.include({ requestId: question.id });
      expect((await messages.answer()).result).to.deep.equal({ content: [] });
    });

    it("has `questionMs` for its answer, and is told when they are over", async () => {
      proves("ask.time");
      const messages = await asking.legacy(session);
      const question = await messages.question();

      const [heard] = heardBy(await messages.answer()) as readonly JsonObject[];

      expect(heard).to.include({ code: -32603 });
      expect(heard?.["message"]).to.include("400 ms");
      const cancelled = await messages.find(({ method }) => method === "notifications/cancelled");
      expect(cancelled?.params).to.include({ requestId: question.id });
      expect(await asking.respond(session, question.id, accept({}))).to.equal(202);
    });

    it("hears nothing of what it did not say it can answer", async () => {
      const other = await asking.session({ sampling: {} });

      const messages = await asking.legacy(other);

      const [heard] = heardBy(await messages.answer()) as readonly JsonObject[];
      expect(heard).to.include({ code: -32601 });
      expect(messages.all).to.have.length(1);
    });

    it("is never asked when it can answer nothing, and the upstream knows", async () => {
      const other = await asking.session({});
      await (await asking.legacy(other)).answer();
      expect(asking.sent[0]).to.include({ onRequest: undefined, envelope: undefined });
    });

    it("is described to the upstream as it described itself", async () => {
      asking.upstream = () => Reply.of("result", {}, "2025");
      await (await asking.legacy(await asking.session({ roots: { listChanged: true } }))).answer();

      expect(asking.sent[0]?.envelope).to.deep.include({
        capabilities: { roots: { listChanged: true } },
        clientInfo: { name: "t", version: "1" },
      });
    });

    it("hears the question on its GET stream when its call cannot stream", async () => {
      const headers = { ...session, accept: "text/event-stream" };
      const leaving = new AbortController();
      const { url } = asking.front;
      const stream = new Messages(await fetch(`${url}/mcp`, { headers, signal: leaving.signal }));
      const pending = asking.legacy({ ...session, accept: "application/json" });

      const question = await stream.question();
      await asking.respond(session, question.id, accept({ name: "Anna" }));

      const messages = await pending;
      expect(heardBy(await messages.answer())).to.deep.equal([accept({ name: "Anna" })]);
      expect(messages.all).to.have.length(1);
      leaving.abort();
    });

    it("ends the question with its session", async () => {
      let heard: Reply | undefined;
      const ended = new Promise<void>((resolve) => {
        asking.upstream = async (call) => {
          const params = { message: "Name?" };
          heard = await call.onRequest?.({
            method: "elicitation/create",
            params,
            signal: new AbortController().signal,
          });
          resolve();
          return Reply.of("result", {}, "2025");
        };
      });
      const messages = await asking.legacy(session);
      await messages.question();

      await fetch(`${asking.front.url}/mcp`, { method: "DELETE", headers: session });
      await ended;

      expect(heard?.value).to.include({ code: -32603, message: "The client has ended its session." });
    });

    it("ends the call when it goes and does not come back", async () => {
      const leaving = new AbortController();
      const messages = await asking.legacy(session, { name: "mail__send" }, "tools/call", leaving.signal);
      await messages.question();
      const cancelled = new Promise<void>((resolve) => {
        asking.sent[0]?.signal.addEventListener("abort", () => resolve());
      });

      leaving.abort();

      await cancelled;
    });
  });

  describe("and posts responses", () => {
    it("that answer nothing is ignored", async () => {
      for (const id of ["swg-1", 1, "nonsense"]) expect(await asking.respond(session, id, {})).to.equal(202);
    });

    it("outside of its session is told so", async () => {
      expect(await asking.respond({}, "swg-1", {})).to.equal(400);
      expect(await asking.respond({ "mcp-session-id": "unknown" }, "swg-1", {})).to.equal(404);
    });

    it("in the name of another caller changes nothing", async () => {
      const messages = await asking.legacy(session);
      const question = await messages.question();
      const thief = { ...session, authorization: "Bearer ben" };

      expect(await asking.respond(thief, question.id, accept({ stolen: true }))).to.equal(404);
      const other = await asking.session();
      expect(await asking.respond(other, question.id, accept({ stolen: true }))).to.equal(202);
      await asking.respond(session, question.id, accept({ stolen: false }));

      expect(heardBy(await messages.answer())).to.deep.equal([accept({ stolen: false })]);
    });

    it("that are too deep are refused like any message", async () => {
      const deep = `${'{"a":'.repeat(100)}1${"}".repeat(100)}`;
      const body = `{"jsonrpc":"2.0","id":"swg-1","result":${deep}}`;
      expect((await asking.front.post(body, session)).status).to.equal(400);
    });
  });

  describe("outside of any call", () => {
    const question = (signal = new AbortController().signal) => ({
      method: "elicitation/create",
      params: { message: "Still there?" },
      signal,
    });

    it("hears it on the stream of a request that is under way", async () => {
      const messages = await asking.legacy(session);
      const first = await messages.question("Name?");

      const pending = asking.front.front.scopeAsked("mail", session["mcp-session-id"] ?? "", question());
      const second = await messages.question("Still there?");
      await asking.respond(session, second.id, accept({ there: true }));

      expect((await pending).value).to.deep.equal(accept({ there: true }));
      await asking.respond(session, first.id, accept({}));
      await messages.over();
    });

    it("is not asked when its session is gone", async () => {
      const reply = await asking.front.front.scopeAsked("mail", "default/anna", question());
      expect(reply.value).to.include({ code: -32601 });
    });
  });
});
