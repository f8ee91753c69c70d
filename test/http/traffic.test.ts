import { expect } from "chai";

import type { HttpDeps } from "../../src/http/deps.ts";
import { OverloadGuard, type RateLimitSettings, RateLimits } from "../../src/traffic/traffic.ts";
import { RestGateway, toolDefinition } from "../support/rest-gateway.ts";

const LIMITS: RateLimitSettings = {
  isOn: true,
  windowMs: 60_000,
  perKey: 3,
  perUser: 0,
  servers: {},
  tools: {},
  exempt: { roles: ["admin"], keys: [] },
};
const OVERLOAD = { isOn: true, lagMs: 200, heapShare: 0.85, retryAfterMs: 2_000 };

describe("REST under limits", () => {
  let gateway: RestGateway;
  let load: (lagMs: number) => void;

  async function start(settings: Partial<RateLimitSettings> = {}): Promise<void> {
    const limits = await RateLimits.open({ settings: { ...LIMITS, ...settings }, now: () => 0 });
    const guard = new OverloadGuard({
      settings: OVERLOAD,
      watch: (onLoad) => {
        load = (lagMs) => onLoad({ lagMs, heapShare: 0.1 });
        return () => {};
      },
    });
    guard.start();
    const traffic: HttpDeps["traffic"] = {
      countRequest: (identity) => limits.request(identity),
      checkLoad: () => guard.check(),
      get load() {
        return guard.state;
      },
    };
    gateway = await RestGateway.start({}, { traffic });
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
  }
  afterEach(() => gateway.close());

  describe("of rate", () => {
    it("tells in each answer how much is left", async () => {
      await start();

      const { headers } = await gateway.ask("GET", "/api/v1/servers", { as: "viewer" });

      expect(headers.get("ratelimit-policy")).to.equal('"key";q=3;w=60');
      expect(headers.get("ratelimit")).to.equal('"key";r=2;t=60');
    });

    it("refuses what is too much with 429, when to come back, and which limit it was", async () => {
      await start();
      for (let n = 0; n < 3; n++) await gateway.ask("GET", "/api/v1/servers", { as: "viewer" });

      const { status, body, headers } = await gateway.ask("GET", "/api/v1/servers", { as: "viewer" });

      expect(status).to.equal(429);
      expect(body).to.include({ code: "rate_limited", retryable: true, retry_after_ms: 60_000 });
      expect(headers.get("retry-after")).to.equal("60");
      expect(headers.get("ratelimit")).to.equal('"key";r=0;t=60');
      expect(headers.get("content-type")).to.equal("application/problem+json");
    });

    it("does not let one key use up another's", async () => {
      await start();
      for (let n = 0; n < 5; n++) await gateway.ask("GET", "/api/v1/servers", { as: "viewer" });

      expect((await gateway.ask("GET", "/api/v1/servers", { as: "user" })).status).to.equal(200);
    });

    it("tells nothing to those who have none, and never refuses them", async () => {
      await start();
      for (let n = 0; n < 6; n++) {
        const { status, headers } = await gateway.ask("GET", "/api/v1/servers", { as: "admin" });
        expect([status, headers.get("ratelimit")]).to.deep.equal([200, null]);
      }
    });

    it("does not count what is public", async () => {
      await start();
      for (let n = 0; n < 6; n++) await gateway.ask("GET", "/health/live", { as: "viewer" });

      expect((await gateway.ask("GET", "/api/v1/servers", { as: "viewer" })).status).to.equal(200);
    });
  });

  describe("of load", () => {
    const overload = () => [300, 300, 300, 300].forEach((lagMs) => load(lagMs));

    it("refuses writes with 503 and when to come back, and answers reads", async () => {
      await start();
      overload();

      const write = await gateway.ask("POST", "/api/v1/tools/weather__forecast/execute");
      const reads = await Promise.all(
        ["/api/v1/servers", "/metrics", "/api/v1/status"].map((path) => gateway.send("GET", path)),
      );

      expect(write.status).to.equal(503);
      expect(write.body).to.include({ code: "overloaded", retry_after_ms: 2_000 });
      expect(write.headers.get("retry-after")).to.equal("2");
      expect(gateway.calls).to.have.length(0);
      expect(reads.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    });

    it("is not ready then, but alive", async () => {
      await start();
      overload();

      const ready = await gateway.ask("GET", "/health/ready", { as: "nobody" });
      const live = await gateway.ask("GET", "/health/live", { as: "nobody" });
      const health = await gateway.ask("GET", "/health");

      expect([ready.status, live.status, health.status]).to.deep.equal([503, 200, 200]);
      expect(ready.body).to.include({ code: "overloaded" });
      expect(health.body).to.nested.include({ status: "degraded", "services.load.overloaded": true });
    });

    it("takes new work again when it is over", async () => {
      await start();
      overload();
      for (let n = 0; n < 16; n++) load(1);

      const { status } = await gateway.ask("POST", "/api/v1/tools/weather__forecast/execute");
      const ready = await gateway.ask("GET", "/health/ready", { as: "nobody" });

      expect([status, ready.status]).to.deep.equal([200, 200]);
    });
  });
});
