import { expect } from "chai";

import type { Identity } from "../../src/domain/identity.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { CallContext } from "../../src/proxy/proxy.ts";
import { Reply } from "../../src/wire/reply.ts";
import { ProxyHarness, anna, ben } from "../support/proxy-harness.ts";

const MINUTE = 60_000;

describe("ToolProxy and resources that may be kept", () => {
  let h: ProxyHarness;
  let result: JsonObject;

  beforeEach(() => {
    h = new ProxyHarness();
    result = {
      resultType: "complete",
      contents: [{ uri: "a://b", text: "b" }],
      ttlMs: MINUTE,
      cacheScope: "public",
    };
    h.answer = () => Reply.of("result", result, "2026");
  });
  afterEach(() => h.proxy.close());

  const contextOf = (identity: Identity, more: Partial<CallContext> = {}): CallContext => ({
    identity,
    era: "2026",
    scope: "s",
    signal: new AbortController().signal,
    ...more,
  });
  const read = (identity: Identity, params: JsonObject = { uri: "a://b" }, more: Partial<CallContext> = {}) =>
    h.proxy.forward("weather", "resources/read", params, contextOf(identity, more));

  it("shows a public one to all callers, with the time that is left", async () => {
    await read(anna);
    h.now += 20_000;

    const again = await read(ben);

    expect(h.sent).to.have.length(1);
    expect(again.era).to.equal("2026");
    expect(again.value).to.deep.equal({ ...result, ttlMs: 40_000 });
  });

  it("shows a private one to its own caller only", async () => {
    result = { ...result, cacheScope: "private" };
    await read(anna);
    await read(anna);
    await read(ben);
    await read({ ...anna, tenant: "two" });

    expect(h.sent).to.have.length(3);
  });

  it("keeps none longer than five minutes, whatever the upstream says", async () => {
    result = { ...result, ttlMs: 3_600_000 };
    await read(anna);
    h.now += 4.9 * MINUTE;
    await read(anna);
    h.now += 0.2 * MINUTE;
    await read(anna);

    expect(h.sent).to.have.length(2);
  });

  const unkept: readonly (readonly [string, JsonObject])[] = [
    ["that says nothing of it", { contents: [] }],
    ["with a time of 0", { contents: [], ttlMs: 0, cacheScope: "public" }],
    ["with a time that is none", { contents: [], ttlMs: "1000", cacheScope: "public" }],
    ["without a scope", { contents: [], ttlMs: MINUTE }],
    ["with a scope that is unknown", { contents: [], ttlMs: MINUTE, cacheScope: "tenant" }],
    ["that asks a question", { resultType: "input_required", ttlMs: MINUTE, cacheScope: "public" }],
  ];
  for (const [what, value] of unkept) {
    it(`keeps none ${what}`, async () => {
      result = value;
      await read(anna);
      await read(anna);

      expect(h.sent).to.have.length(2);
    });
  }

  it("keeps none of a 2025 upstream, and no error", async () => {
    for (const reply of [Reply.of("result", result, "2025"), Reply.of("error", result, "2026")]) {
      h.sent = [];
      h.answer = () => reply;
      await read(anna);
      await read(anna);
      expect(h.sent).to.have.length(2);
    }
  });

  it("tells apart resources, eras, and requests with anything else in them", async () => {
    await read(anna);
    await read(anna, { uri: "a://c" });
    await read(anna, { uri: "a://b", _meta: { trace: "x" } });
    await read(anna, { uri: "a://b" }, { era: "2025" });
    await read(anna, { uri: "a://b" }, { onRequest: () => Promise.reject(new TypeError("not asked")) });

    expect(h.sent).to.have.length(5);
  });

  it("keeps nothing else that is forwarded", async () => {
    for (let n = 0; n < 2; n++)
      await h.proxy.forward("weather", "prompts/get", { name: "p" }, contextOf(anna));

    expect(h.sent).to.have.length(2);
  });

  it("forgets one that was updated, and no other", async () => {
    await read(anna);
    await read(anna, { uri: "a://c" });

    h.proxy.resourcesChanged("weather", "a://b");
    await read(anna);
    await read(anna, { uri: "a://c" });

    expect(h.sent.map(({ params }) => params["uri"])).to.deep.equal(["a://b", "a://c", "a://b"]);
  });

  it("forgets all of a server when its list changes, or its definition", async () => {
    await read(anna);
    h.proxy.resourcesChanged("weather");
    await read(anna);
    h.proxy.forgetServer("weather");
    await read(anna);

    expect(h.sent).to.have.length(3);
  });

  it("does not forget a server's resources because of another server", async () => {
    await read(anna);
    h.proxy.resourcesChanged("news");
    await read(anna);

    expect(h.sent).to.have.length(1);
  });
});
