import { expect } from "chai";

import { Reply } from "../../src/wire/reply.ts";
import { ProxyHarness, anna, ben, failure, forecast, send, text } from "../support/proxy-harness.ts";

describe("ToolProxy and its cache", () => {
  let h: ProxyHarness;

  beforeEach(() => {
    h = new ProxyHarness();
  });
  afterEach(() => h.proxy.close());

  describe("the cache", () => {
    it("answers a second equal call to a read-only tool that the operator named", async () => {
      await h.call(anna, forecast, { city: "Oslo", days: { from: 1, to: 2 } });
      const second = await h.call(anna, forecast, { days: { to: 2, from: 1 }, city: "Oslo" });

      expect(h.sent).to.have.length(1);
      expect(second).to.include({ cache: "hit", attempts: 0 });
      expect(second.reply.value).to.deep.equal({ content: [{ type: "text", text: "forecast" }] });
      expect(h.cacheResults).to.deep.equal(["miss", "hit"]);
    });

    it("tells apart calls that differ only in a nested argument", async () => {
      await h.call(anna, forecast, { days: { from: 1 } });
      await h.call(anna, forecast, { days: { from: 2 } });
      expect(h.sent).to.have.length(2);
    });

    it("never gives one caller the answer of another, of the same tenant or not", async () => {
      await h.call(anna, forecast);
      await h.call(ben, forecast);
      await h.call({ ...anna, tenant: "two" }, forecast);
      expect(h.sent).to.have.length(3);
    });

    it("shares answers only where the operator said so", async () => {
      h.configure({ cache: { tools: ["forecast"], scope: "shared" } });
      await h.call(anna, forecast);
      await h.call(ben, forecast);
      expect(h.sent).to.have.length(1);
    });

    it("never keeps what may change something, an error, a tool error or a question", async () => {
      h.configure({ cache: { tools: ["*"] } });
      await h.call(anna, send);
      await h.call(anna, send);
      expect(h.sent).to.have.length(2);
      for (const reply of [
        Reply.of("error", { code: -1, message: "no" }, "2025"),
        Reply.of("result", { content: [], isError: true }, "2025"),
        Reply.of("result", { resultType: "input_required", requestState: "s" }, "2026"),
      ]) {
        h.sent = [];
        h.answer = () => reply;
        await h.call(anna, forecast, {}, { era: "2026" });
        await h.call(anna, forecast, {}, { era: "2026" });
        expect(h.sent).to.have.length(2);
      }
    });

    it("begins a task for every call that asks for one, and keeps none for those that do not", async () => {
      h.answer = () =>
        Reply.of("result", { task: { taskId: `t${h.sent.length}`, status: "working" } }, "2025");
      const extra = { task: {} };

      await Promise.all([h.call(anna, forecast, {}, { extra }), h.call(anna, forecast, {}, { extra })]);
      await h.call(anna, forecast, {}, { extra });
      h.answer = () => text("at once");
      const direct = await h.call(anna, forecast);

      expect(h.sent).to.have.length(4);
      expect(direct.reply.value).to.have.property("content");
    });

    it("joins equal calls in flight, and lets one caller leave without the others", async () => {
      let release = (): void => {};
      h.answer = () => new Promise((resolve) => (release = () => resolve(text("once"))));
      const leaving = new AbortController();
      const calls = [
        h.call(anna, forecast),
        h.call(anna, forecast, {}, { signal: leaving.signal }),
        h.call(anna, forecast),
      ];
      const left = failure(calls[1] as Promise<unknown>);
      leaving.abort();
      release();

      expect(await left).to.have.property("code", "cancelled");
      const answers = await Promise.all([calls[0], calls[2]]);
      expect(h.sent).to.have.length(1);
      expect(answers.map((one) => one?.reply.bytes.toString())).to.deep.equal(
        Array(2).fill(text("once").bytes.toString()),
      );
    });

    it("forgets a server's answers when the server changes", async () => {
      await h.call(anna, forecast);
      h.proxy.forgetServer("weather");
      await h.call(anna, forecast);
      expect(h.sent).to.have.length(2);
    });

    it("remembers of which era a kept answer was", async () => {
      await h.call(anna, forecast, {}, { era: "2026" });
      const hit = await h.call(anna, forecast, {}, { era: "2026" });
      expect([hit.cache, hit.reply.era]).to.deep.equal(["hit", "2025"]);
    });
  });
});
