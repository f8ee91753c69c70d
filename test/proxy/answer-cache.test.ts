import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamBroken, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { Reply } from "../../src/wire/reply.ts";
import { ProxyHarness, anna, ben, fail, failure, forecast, send, text } from "../support/proxy-harness.ts";

const MINUTE = 60_000;

describe("ToolProxy and old answers", () => {
  let h: ProxyHarness;

  beforeEach(() => {
    h = new ProxyHarness();
    h.configure({ attempts: 1, cache: { tools: ["*"], ttl: "1m", staleIfError: "5m" } });
  });
  afterEach(() => h.proxy.close());

  const breakDown = () => {
    h.answer = () => fail(new UpstreamBroken("weather", "reset"));
  };

  it("gives one when the upstream fails, and says so", async () => {
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    breakDown();

    const answer = await h.call(anna, forecast);

    expect(answer).to.include({ cache: "stale", attempts: 0 });
    expect(answer.reply.value["content"]).to.deep.equal([{ type: "text", text: "forecast" }]);
    expect(answer.reply.value["_meta"]).to.deep.equal({
      "io.switchgear/call": { cache: "stale", age_ms: 120_000, failure: "upstream_broken" },
    });
    expect(h.cacheResults).to.deep.equal(["miss", "miss", "stale"]);
  });

  it("keeps what else the answer says in _meta", async () => {
    h.answer = () => Reply.of("result", { content: [], _meta: { "a/b": 1 } }, "2025");
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    breakDown();

    const { reply } = await h.call(anna, forecast);

    expect(reply.value["_meta"]).to.have.keys("a/b", "io.switchgear/call");
  });

  it("asks the upstream first each time, and shows its answer when it is back", async () => {
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    breakDown();
    await h.call(anna, forecast);
    h.answer = () => text("new");

    const answer = await h.call(anna, forecast);

    expect(answer).to.include({ cache: "miss" });
    expect(answer.reply.value["content"]).to.deep.equal([{ type: "text", text: "new" }]);
    expect(h.sent).to.have.length(3);
  });

  it("gives none that is older than it may be, none of another caller, and none where it is not wanted", async () => {
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    breakDown();
    expect(await failure(h.call(ben, forecast))).to.have.property("code", "upstream_broken");
    h.now += 5 * MINUTE;
    expect(await failure(h.call(anna, forecast))).to.have.property("code", "upstream_broken");

    h.configure({ attempts: 1, cache: { tools: ["*"], ttl: "1m" } });
    h.answer = () => text("forecast");
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    breakDown();
    expect(await failure(h.call(anna, forecast))).to.have.property("code", "upstream_broken");
  });

  it("gives none for what is no failure of the upstream: a refusal, a cancellation, an error that it answers", async () => {
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    h.answer = () => Reply.of("error", { code: -1, message: "no" }, "2025");
    const error = await h.call(anna, forecast);
    h.answer = () => Reply.of("result", { content: [], isError: true }, "2025");
    const toolError = await h.call(anna, forecast);
    h.admit = () => fail(new GatewayError("rate_limited", "Too much."));
    const limited = await failure(h.call(anna, forecast));

    expect([error.reply.kind, toolError.cache]).to.deep.equal(["error", "miss"]);
    expect(limited).to.have.property("code", "rate_limited");
  });

  it("gives one to all who wait for the same call", async () => {
    await h.call(anna, forecast);
    h.now += 2 * MINUTE;
    h.answer = () => fail(new UpstreamUnavailable("weather", "refused"));

    const answers = await Promise.all([h.call(anna, forecast), h.call(anna, forecast)]);

    expect(answers.map(({ cache }) => cache)).to.deep.equal(["stale", "stale"]);
  });

  it("keeps no answer that was asked for before a purge", async () => {
    let release = (): void => {};
    h.answer = () => new Promise((resolve) => (release = () => resolve(text("outdated"))));
    const call = h.call(anna, forecast);
    await Promise.resolve();
    h.cache.purge({ tag: "weather" });
    release();
    await call;
    h.answer = () => text("new");

    expect(await h.call(anna, forecast)).to.include({ cache: "miss" });
  });

  it("can be purged by tool", async () => {
    await h.call(anna, forecast);

    expect(h.cache.purge({ tag: "weather__send" })).to.equal(0);
    expect(h.cache.purge({ tag: "weather__forecast" })).to.equal(1);
    expect(await h.call(anna, forecast)).to.include({ cache: "miss" });
  });
});

describe("ToolProxy and admission", () => {
  let h: ProxyHarness;
  beforeEach(() => {
    h = new ProxyHarness();
  });
  afterEach(() => h.proxy.close());

  it("asks for each call of a tool who calls what, and sends nothing that is refused", async () => {
    const asked: unknown[] = [];
    h.admit = (identity, tool) => void asked.push([identity.subject, tool.id]);
    await h.call(anna, send);
    const options = { retryAfterMs: 5_000, executed: "not_executed" } as const;
    h.admit = () => fail(new GatewayError("rate_limited", "Too much.", options));

    const refused = await failure(h.call(anna, send));

    expect(asked).to.deep.equal([["anna", "weather__send"]]);
    expect(refused).to.include({ code: "rate_limited", retryAfterMs: 5_000, executed: "not_executed" });
    expect(h.sent).to.have.length(1);
    expect(h.metered.at(-1)).to.deep.equal(["weather", "send", "not_sent"]);
  });

  it("waits where counting takes time, and hears a late refusal", async () => {
    h.admit = async () => {
      await new Promise((later) => setImmediate(later));
      throw new GatewayError("rate_limited", "Too much.");
    };

    expect(await failure(h.call(anna, send))).to.have.property("code", "rate_limited");
    expect(h.sent).to.have.length(0);
  });

  it("counts no call that the caller may not make", async () => {
    let asked = 0;
    h.admit = () => void asked++;

    expect(await failure(h.call({ ...anna, role: "viewer" }, send))).to.have.property("code", "forbidden");
    expect(asked).to.equal(0);
  });
});
