import { expect } from "chai";

import { Metrics } from "../../src/observability/metrics.ts";
import type { CacheFigures } from "../../src/observability/traffic-meters.ts";

const MEMORY: CacheFigures = { hits: 5, misses: 7, stale: 1, entries: 4, bytes: 900 };

describe("Metrics: traffic", () => {
  let metrics: Metrics;
  beforeEach(() => {
    metrics = new Metrics({ version: "1.2.3", process: false });
  });

  const lines = async (start: string): Promise<readonly string[]> =>
    (await metrics.text()).split("\n").filter((line) => line.startsWith(start));
  const watch = (cache: CacheFigures, redis?: boolean, overload = false) =>
    metrics.traffic.watch({ cache: () => cache, redis: () => redis, overload: () => overload });

  it("shows look-ups of the memory alone where there is no other tier", async () => {
    watch(MEMORY);

    expect(await lines("switchgear_cache_lookups_total{")).to.deep.equal([
      'switchgear_cache_lookups_total{tier="memory",result="hit"} 5',
      'switchgear_cache_lookups_total{tier="memory",result="miss"} 7',
      'switchgear_cache_lookups_total{tier="memory",result="stale"} 1',
    ]);
    expect(await lines("switchgear_cache_redis_bytes_total{")).to.deep.equal([]);
    expect(await lines("switchgear_redis_up{")).to.deep.equal([]);
  });

  it("shows both tiers, and does not count twice when it is scraped twice", async () => {
    watch({ ...MEMORY, shared: { isUp: true, hits: 2, misses: 3, bytesRead: 50, bytesWritten: 60 } }, true);
    await metrics.text();

    expect(await lines("switchgear_cache_lookups_total{")).to.include.members([
      'switchgear_cache_lookups_total{tier="memory",result="hit"} 5',
      'switchgear_cache_lookups_total{tier="redis",result="hit"} 2',
      'switchgear_cache_lookups_total{tier="redis",result="miss"} 3',
    ]);
    expect(await lines("switchgear_cache_redis_bytes_total{")).to.deep.equal([
      'switchgear_cache_redis_bytes_total{direction="read"} 50',
      'switchgear_cache_redis_bytes_total{direction="written"} 60',
    ]);
  });

  it("shows what the memory holds", async () => {
    watch(MEMORY);

    expect(await lines("switchgear_cache_entries ")).to.deep.equal(["switchgear_cache_entries 4"]);
    expect(await lines("switchgear_cache_bytes ")).to.deep.equal(["switchgear_cache_bytes 900"]);
  });

  it("shows whether Redis is used and whether new work is refused, as it is now", async () => {
    watch(MEMORY, true, true);
    const before = [...(await lines("switchgear_redis_up{")), ...(await lines("switchgear_overloaded "))];
    watch(MEMORY, false, false);
    const after = [...(await lines("switchgear_redis_up{")), ...(await lines("switchgear_overloaded "))];

    expect(before.map((line) => line.split(" ")[1])).to.deep.equal(["1", "1"]);
    expect(after.map((line) => line.split(" ")[1])).to.deep.equal(["0", "0"]);
  });

  it("counts refusals by limit, and those of an overload", async () => {
    metrics.traffic.countLimited("key");
    metrics.traffic.countLimited("key");
    metrics.traffic.countLimited("tool");
    metrics.traffic.countRefused();

    expect(await lines("switchgear_rate_limited_total{")).to.deep.equal([
      'switchgear_rate_limited_total{limit="key"} 2',
      'switchgear_rate_limited_total{limit="tool"} 1',
    ]);
    expect(await lines("switchgear_overload_refused_total ")).to.deep.equal([
      "switchgear_overload_refused_total 1",
    ]);
  });

  it("counts old answers beside hits and misses of calls", async () => {
    metrics.countCache("stale");

    expect(await lines("switchgear_cache_requests_total{")).to.deep.equal([
      'switchgear_cache_requests_total{result="stale"} 1',
    ]);
  });
});
