import { expect } from "chai";

import type { Health } from "../../../src/domain/health.ts";
import { isDown } from "../../../src/domain/health.ts";
import type { RestDeps } from "../../../src/http/deps.ts";
import {
  DetailedHealth,
  HealthTree,
  checkReady,
  detailedHealth,
  healthTree,
} from "../../../src/http/views/health-tree.ts";

function healthOf(level: Health["level"], more: Partial<Health> = {}): Health {
  return { level, admin_state: "enabled", code: "ok", summary: "…", since: "2026-01-01", ...more };
}

const CALM = { lagMs: 1.234, heapShare: 0.12345, isOverloaded: false, reason: undefined };

function depsOf(upstreams: readonly Health[], change: Partial<RestDeps> = {}): RestDeps {
  return {
    storage: { ping: async () => {} },
    cache: { stats: {} },
    traffic: { load: CALM },
    discovery: { healthAll: () => upstreams.map((health, i) => ({ server: `s${i}`, health })) },
    registry: { servers: () => upstreams, catalog: { tools: [1, 2], version: 7 } },
    logger: { warn: () => {} },
    draining: () => false,
    sessions: () => 4,
    version: "1",
    ...change,
  } as unknown as RestDeps;
}

describe("healthTree", () => {
  const off = { admin_state: "disabled" } as const;
  const cases: readonly (readonly [string, readonly Health[], Health["level"]])[] = [
    ["without upstreams", [], "healthy"],
    ["with healthy upstreams", [healthOf("healthy"), healthOf("healthy")], "healthy"],
    ["with a degraded upstream", [healthOf("healthy"), healthOf("degraded")], "degraded"],
    ["with an upstream that is down", [healthOf("healthy"), healthOf("unhealthy")], "degraded"],
    ["with an upstream that nobody has heard of yet", [healthOf("healthy"), healthOf("unknown")], "unknown"],
    ["with one that is down and one unknown", [healthOf("unknown"), healthOf("unhealthy")], "degraded"],
    ["with an upstream that is switched off", [healthOf("healthy"), healthOf("unknown", off)], "healthy"],
    ["with a broken one that is switched off", [healthOf("unhealthy", off)], "healthy"],
  ];
  for (const [what, upstreams, status] of cases) {
    it(`is ${status} ${what}`, async () => {
      const tree = await healthTree(depsOf(upstreams));

      expect(tree.status).to.equal(status);
      expect(HealthTree.strict().safeParse(tree).error).to.equal(undefined);
    });
  }

  it("is degraded, and says why, while Redis cannot be used", async () => {
    const cache = { stats: { shared: { isUp: false } } } as unknown as RestDeps["cache"];

    const tree = await healthTree(depsOf([healthOf("healthy")], { cache }));

    expect(tree.status).to.equal("degraded");
    expect(tree.services.cache).to.include({ status: "degraded", degraded: true });
    expect(tree.services.cache.summary).to.include("Redis");
  });

  it("is well while Redis is", async () => {
    const cache = { stats: { shared: { isUp: true } } } as unknown as RestDeps["cache"];

    const tree = await healthTree(depsOf([], { cache }));

    expect(tree.services.cache).to.deep.equal({ status: "healthy", degraded: false });
  });

  it("is degraded, and says why, while there is too much to do", async () => {
    const load = { lagMs: 412.4, heapShare: 0.3, isOverloaded: true, reason: "lag" } as const;
    const traffic = { load } as unknown as RestDeps["traffic"];

    const tree = await healthTree(depsOf([healthOf("healthy")], { traffic }));

    expect(tree.status).to.equal("degraded");
    expect(tree.services.load).to.deep.equal({
      status: "degraded",
      overloaded: true,
      event_loop_lag_ms: 412,
      heap_share: 0.3,
      summary: "There is more work than can be done; new work is refused.",
    });
  });

  it("is unhealthy without storage, however well the upstreams are", async () => {
    const storage = { ping: () => Promise.reject(new TypeError("private")) };

    const tree = await healthTree(depsOf([healthOf("healthy")], { storage }));

    expect(tree.status).to.equal("unhealthy");
    expect(tree.services.storage.summary).to.include("does not answer").and.not.include("private");
  });

  it("shows of an upstream what helps, and leaves out what is not there", async () => {
    const action = { label: "Do", command: "it" };
    const tree = await healthTree(
      depsOf([
        healthOf("unhealthy", { code: "needs_input", action, stderr_tail: "oh" }),
        healthOf("healthy"),
      ]),
    );

    expect(tree.services.upstreams).to.deep.equal({
      s0: { status: "unhealthy", code: "needs_input", summary: "…", action, stderr_tail: "oh" },
      s1: { status: "healthy", code: "ok", summary: "…" },
    });
  });

  it("says more in detail", async () => {
    const detailed = await detailedHealth(depsOf([healthOf("healthy")], { draining: () => true }));

    expect(DetailedHealth.strict().safeParse(detailed).error).to.equal(undefined);
    expect(detailed).to.include({ draining: true, sessions: 4 });
    expect(detailed.process.rss_bytes).to.be.greaterThan(detailed.process.heap_used_bytes);
  });
});

describe("checkReady", () => {
  const failureOf = (deps: RestDeps) =>
    checkReady(deps).then(
      () => "ready",
      (error: { code?: unknown }) => error.code,
    );

  it("does not ask the upstreams", async () => {
    expect(await failureOf(depsOf([healthOf("unhealthy"), healthOf("unknown")]))).to.equal("ready");
  });

  it("wants storage, and no shutdown", async () => {
    const storage = { ping: () => Promise.reject(new TypeError("private")) };

    expect(await failureOf(depsOf([], { storage }))).to.equal("storage_unavailable");
    expect(await failureOf(depsOf([], { draining: () => true }))).to.equal("shutting_down");
  });

  it("does not wait for a storage that hangs, however often it is asked", async () => {
    const storage = { ping: () => new Promise<void>(() => {}) };
    const started = Date.now();

    const answers = await Promise.all([1, 2, 3].map(() => failureOf(depsOf([], { storage }))));

    expect(answers).to.deep.equal(Array(3).fill("storage_unavailable"));
    expect(Date.now() - started).to.be.lessThan(1_800);
  });
});

describe("isDown", () => {
  for (const [code, down] of [
    ["ok", false],
    ["idle", false],
    ["connecting", false],
    ["tools_quarantined", false],
    ["disabled", false],
    ["upstream_unavailable", true],
    ["needs_input", true],
    ["upstream_auth_required", true],
  ] as const) {
    it(`is ${down} for ${code}`, () => {
      expect(isDown(healthOf("degraded", { code }))).to.equal(down);
    });
  }
});
