import { expect } from "chai";

import type { GatewayError } from "../../src/domain/errors.ts";
import { type LoadState, type RateLimitSettings, Traffic } from "../../src/traffic/traffic.ts";
import { until } from "../support/child-processes.ts";
import { anna, failure, forecast } from "../support/proxy-harness.ts";

const LIMITS: RateLimitSettings = {
  isOn: true,
  windowMs: 60_000,
  perKey: 2,
  perUser: 1,
  servers: {},
  tools: {},
  exempt: { roles: [], keys: [] },
};
/** Any lag at all, or any heap, is too much. */
const ALWAYS = { isOn: true, lagMs: 0, heapShare: 0.000_001, retryAfterMs: 500 };
const NEVER = { isOn: false, lagMs: 200, heapShare: 0.85, retryAfterMs: 500 };

describe("Traffic", () => {
  let counted: string[];
  let loads: LoadState[];
  let traffic: Traffic;

  beforeEach(() => {
    counted = [];
    loads = [];
  });
  afterEach(() => traffic.close());

  async function open(rateLimits: Partial<RateLimitSettings> = {}, overload = NEVER): Promise<void> {
    traffic = await Traffic.open({
      settings: { rateLimits: { ...LIMITS, ...rateLimits }, overload },
      link: undefined,
      meters: { countLimited: (limit) => counted.push(limit), countRefused: () => counted.push("load") },
      onLoad: (state) => loads.push(state),
    });
    traffic.start();
  }
  const errorOf = async (work: () => unknown) =>
    (await failure((async () => work())())) as GatewayError | undefined;

  it("lets requests in until their limit, and counts those that it refuses", async () => {
    await open();

    const outcomes = [];
    for (let n = 0; n < 3; n++) outcomes.push((await errorOf(() => traffic.admit(anna)))?.code);

    expect(outcomes).to.deep.equal([undefined, undefined, "rate_limited"]);
    expect(counted).to.deep.equal(["key"]);
  });

  it("lets nobody wait for a count in memory", async () => {
    await open();

    expect(traffic.admit(anna)).to.equal(undefined);
    expect(traffic.admitCall?.(anna, forecast)).to.equal(undefined);
    expect((await errorOf(() => traffic.admitCall?.(anna, forecast)))?.details).to.include({ limit: "user" });
  });

  it("is not in the way of calls where there is no limit", async () => {
    await open({ isOn: false });

    expect(traffic.admitCall).to.equal(undefined);
    for (let n = 0; n < 5; n++) expect(traffic.countRequest(anna)).to.equal(undefined);
  });

  it("refuses work, and does not count it against the caller, while there is too much", async () => {
    await open({}, ALWAYS);
    await until("it is overloaded", () => traffic.load.isOverloaded);

    const request = await errorOf(() => traffic.admit(anna));
    const write = await errorOf(() => traffic.checkLoad());

    expect([request?.code, write?.code]).to.deep.equal(["overloaded", "overloaded"]);
    expect(counted).to.deep.equal(["load", "load"]);
    expect(loads).to.have.length(1);
    expect(loads[0]).to.include({ isOverloaded: true, reason: "heap" });
    expect(traffic.countRequest(anna)).to.include({ remaining: 1 });
  });
});
