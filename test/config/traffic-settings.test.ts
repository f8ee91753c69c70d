import { expect } from "chai";

import { type Config, parseConfigText } from "../../src/config/config.ts";

const parse = (gateway: unknown, env: Record<string, string> = {}): Config["gateway"] =>
  parseConfigText(JSON.stringify({ gateway }), { env, cwd: "/work", home: "/home/anna" }).gateway;

describe("gateway.redis", () => {
  it("is nothing without a URL", () => {
    expect(parse({ redis: { prefix: "x:" } }).redis).to.equal(undefined);
  });

  it("has a prefix and a short wait by itself", () => {
    expect(parse({ redis: { url: "redis://10.0.0.5:6379" } }).redis).to.deep.equal({
      url: "redis://10.0.0.5:6379",
      prefix: "switchgear:",
      timeoutMs: 50,
    });
  });

  it("may be named by the environment, which wins, and may refer to it", () => {
    const redis = { url: "rediss://user:${REDIS_PASSWORD}@host:1", timeout: "1s" };

    expect(parse({ redis }, { REDIS_PASSWORD: "p" }).redis).to.include({
      url: "rediss://user:p@host:1",
      timeoutMs: 1_000,
    });
    expect(parse({ redis }, { REDIS_PASSWORD: "p", SWITCHGEAR_REDIS_URL: "redis://other" }).redis).to.include(
      { url: "redis://other" },
    );
  });

  for (const redis of [{ url: "http://host" }, { url: "host:6379" }, { prefix: "a b" }, { prefix: "" }]) {
    it(`cannot be ${JSON.stringify(redis)}`, () => {
      expect(() => parse({ redis })).to.throw(/gateway\.redis\.(?:url|prefix)/);
    });
  }

  it("cannot be something else in the environment either", () => {
    expect(() => parse({}, { SWITCHGEAR_REDIS_URL: "http://host" })).to.throw(/SWITCHGEAR_REDIS_URL.*redis:/);
  });
});

describe("gateway.rateLimits", () => {
  const isOn = (listen: string, mode?: string) =>
    parse({ listen, allowedHosts: ["gateway.example.com"], ...(mode && { rateLimits: { mode } }) }).rateLimits
      .isOn;

  it("are on for a gateway that others can reach, and off for one that listens for its own machine", () => {
    expect(
      ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.0.0.2:1", ":1"].map((at) => isOn(at)),
    ).to.deep.equal(Array(5).fill(false));
    expect(
      ["0.0.0.0:1", "[::]:1", "10.0.0.5:1", "gateway.example.com:1"].map((at) => isOn(at)),
    ).to.deep.equal(Array(4).fill(true));
  });

  it("are what the operator says, wherever it listens", () => {
    expect([isOn("127.0.0.1:1", "on"), isOn("0.0.0.0:1", "off")]).to.deep.equal([true, false]);
  });

  it("are told for the time of a window, for keys, callers, servers and tools", () => {
    const { rateLimits } = parse({
      rateLimits: {
        mode: "on",
        window: "10s",
        perKey: 0,
        perUser: 5,
        servers: { github: 300 },
        tools: { "github__create_*": 10 },
        exempt: { roles: ["admin"], keys: ["local"] },
      },
    });

    expect(rateLimits).to.deep.equal({
      isOn: true,
      windowMs: 10_000,
      perKey: 0,
      perUser: 5,
      servers: { github: 300 },
      tools: { "github__create_*": 10 },
      exempt: { roles: ["admin"], keys: ["local"] },
    });
  });

  for (const [what, rateLimits] of [
    ["a negative number", { perKey: -1 }],
    ["half a call", { perUser: 0.5 }],
    ["a window that Redis cannot count", { window: "500ms" }],
    ["a role that is none", { exempt: { roles: ["root"] } }],
    ["a server whose name is none", { servers: { "a b": 1 } }],
  ] as const) {
    it(`cannot be ${what}`, () => {
      expect(() => parse({ rateLimits })).to.throw(/gateway\.rateLimits/);
    });
  }
});

describe("gateway.overload", () => {
  it("has its bounds by itself, and takes others", () => {
    expect(parse({}).overload).to.deep.equal({
      isOn: true,
      lagMs: 200,
      heapShare: 0.85,
      retryAfterMs: 2_000,
    });
    expect(
      parse({ overload: { enabled: false, lag: "1s", heap: 0.5, retryAfter: "10s" } }).overload,
    ).to.deep.equal({ isOn: false, lagMs: 1_000, heapShare: 0.5, retryAfterMs: 10_000 });
  });

  it("cannot let the heap be more than full, or nothing", () => {
    for (const heap of [0, 1.1, -1])
      expect(() => parse({ overload: { heap } })).to.throw(/gateway\.overload\.heap/);
  });
});

describe("a server's cache settings", () => {
  it("say how old an answer may be that stands in for a failed one; by themselves, not at all", () => {
    const entry = (cache: unknown) =>
      parseConfigText(
        JSON.stringify({ mcpServers: { a: { url: "http://a.example.com", gateway: { cache } } } }),
        { env: {}, cwd: "/work", home: "/home/anna" },
      ).mcpServers["a"]?.gateway.cache;

    expect(entry({})).to.include({ staleIfError: 0 });
    expect(entry({ staleIfError: "1h" })).to.include({ staleIfError: "1h" });
    expect(() => entry({ staleIfError: "soon" })).to.throw(/staleIfError/);
  });
});
