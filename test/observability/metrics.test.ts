import { readFileSync } from "node:fs";

import { expect } from "chai";

import { Metrics } from "../../src/observability/metrics.ts";

/** The samples of a scrape, `name{labels}` to value. */
async function samplesOf(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" ") + 1)),
    ]),
  );
}

const plain = (maxLabelValues = 200) => new Metrics({ version: "1.2.3", maxLabelValues, process: false });

describe("Metrics: calls", () => {
  it("counts calls by server, tool and outcome", async () => {
    const metrics = plain();
    const echo = metrics.callMeter("demo", "echo");

    echo.observe("ok", 0.002);
    echo.observe("ok", 0.2);
    echo.observe("unknown", 61);

    const samples = await samplesOf(metrics);
    expect(samples.get('switchgear_calls_total{server="demo",tool="echo",outcome="ok"}')).to.equal(2);
    expect(samples.get('switchgear_calls_total{server="demo",tool="echo",outcome="unknown"}')).to.equal(1);
  });

  it("leaves out outcomes that never happened", async () => {
    const metrics = plain();
    metrics.callMeter("demo", "echo").observe("ok", 0.1);

    const text = await metrics.text();

    expect(text).to.not.include('outcome="denied"');
  });

  it("keeps the duration as a cumulative histogram per server", async () => {
    const metrics = plain();
    metrics.callMeter("demo", "echo").observe("ok", 0.002);
    metrics.callMeter("demo", "add").observe("ok", 0.2);
    metrics.callMeter("demo", "add").observe("ok", 120);

    const samples = await samplesOf(metrics);

    const bucket = (le: string) =>
      samples.get(`switchgear_call_duration_seconds_bucket{le="${le}",server="demo"}`);
    expect([bucket("0.001"), bucket("0.0025"), bucket("0.25"), bucket("60"), bucket("+Inf")]).to.deep.equal([
      0, 1, 2, 2, 3,
    ]);
    expect(samples.get('switchgear_call_duration_seconds_count{server="demo"}')).to.equal(3);
    expect(samples.get('switchgear_call_duration_seconds_sum{server="demo"}')).to.be.closeTo(120.202, 1e-9);
  });

  it("counts a value on a bucket's bound in that bucket", async () => {
    const metrics = plain();
    metrics.callMeter("demo", "echo").observe("ok", 0.005);

    const samples = await samplesOf(metrics);

    expect(samples.get('switchgear_call_duration_seconds_bucket{le="0.0025",server="demo"}')).to.equal(0);
    expect(samples.get('switchgear_call_duration_seconds_bucket{le="0.005",server="demo"}')).to.equal(1);
  });

  it("gives the same meter for the same tool, so that two holders count together", () => {
    const metrics = plain();

    expect(metrics.callMeter("demo", "echo")).to.equal(metrics.callMeter("demo", "echo"));
  });

  it("does not count twice when it is scraped twice", async () => {
    const metrics = plain();
    metrics.callMeter("demo", "echo").observe("ok", 0.1);
    await metrics.text();

    const samples = await samplesOf(metrics);

    expect(samples.get('switchgear_calls_total{server="demo",tool="echo",outcome="ok"}')).to.equal(1);
    expect(samples.get('switchgear_call_duration_seconds_count{server="demo"}')).to.equal(1);
  });

  it("escapes names that would break the text format", async () => {
    const metrics = plain();
    metrics.callMeter("demo", 'a"b\nc\\d').observe("ok", 0.1);

    expect(await metrics.text()).to.include('tool="a\\"b\\nc\\\\d"');
  });
});

describe("Metrics: bounds", () => {
  it('counts tools over the cap under "other"', async () => {
    const metrics = plain(3);

    for (let i = 0; i < 10; i++) metrics.callMeter("demo", `tool${i}`).observe("ok", 0.1);

    const samples = await samplesOf(metrics);
    expect(samples.get('switchgear_calls_total{server="demo",tool="other",outcome="ok"}')).to.equal(7);
    expect([...samples.keys()].filter((key) => key.startsWith("switchgear_calls_total"))).to.have.length(4);
  });

  it('counts servers over the cap under "other", tools included', async () => {
    const metrics = plain(2);

    for (let i = 0; i < 5; i++) metrics.callMeter(`server${i}`, "echo").observe("ok", 0.1);

    const samples = await samplesOf(metrics);
    expect(samples.get('switchgear_calls_total{server="other",tool="echo",outcome="ok"}')).to.equal(3);
    expect(samples.get('switchgear_call_duration_seconds_count{server="other"}')).to.equal(3);
  });

  it("bounds the pairs of server and tool, not only each label", async () => {
    const metrics = plain(10);

    for (let server = 0; server < 10; server++) {
      for (let tool = 0; tool < 10; tool++) metrics.callMeter(`s${server}`, `t${tool}`).observe("ok", 0.1);
    }

    const samples = await samplesOf(metrics);
    const calls = [...samples].filter(([key]) => key.startsWith("switchgear_calls_total"));
    expect(calls).to.have.length.at.most(60);
    expect(calls.reduce((sum, [, count]) => sum + count, 0)).to.equal(100);
  });

  it("keeps states of servers under the cap only: a state shared by many says nothing", async () => {
    const metrics = plain(1);
    metrics.setUpstreamState("first", "ready");
    metrics.setUpstreamState("second", "failed");

    const samples = await samplesOf(metrics);

    expect(samples.get('switchgear_upstream_state{server="first"}')).to.equal(3);
    expect(samples.has('switchgear_upstream_state{server="other"}')).to.equal(false);
  });
});

describe("Metrics: a server that is removed", () => {
  it("ends all its series and frees its place under the cap", async () => {
    const metrics = plain(1);
    metrics.callMeter("old", "echo").observe("ok", 0.1);
    metrics.countRetry("old");
    metrics.setUpstreamState("old", "ready");
    metrics.setBreakerState("old", "open");

    metrics.forgetServer("old");
    metrics.callMeter("new", "echo").observe("ok", 0.1);
    metrics.setUpstreamState("new", "idle");

    const text = await metrics.text();
    expect(text).to.not.include('server="old"');
    expect(text).to.include('switchgear_calls_total{server="new",tool="echo",outcome="ok"} 1');
    expect(text).to.include('switchgear_upstream_state{server="new"} 2');
  });

  it("ignores what a meter counts that is still held by a call in flight", async () => {
    const metrics = plain();
    const held = metrics.callMeter("old", "echo");
    metrics.forgetServer("old");

    held.observe("ok", 0.1);

    expect(await metrics.text()).to.not.include('server="old"');
  });

  it("keeps what is counted under other", async () => {
    const metrics = plain(1);
    metrics.callMeter("first", "echo").observe("ok", 0.1);
    metrics.callMeter("second", "echo").observe("ok", 0.1);

    metrics.forgetServer("other");

    expect(await metrics.text()).to.include('server="other"');
  });
});

describe("Metrics: the rest", () => {
  it("counts HTTP requests by route, method and status", async () => {
    const metrics = plain();
    const meter = metrics.httpMeter("/api/v1/tools/{tool}", "GET");
    meter.observe(200, 0.01);
    meter.observe(200, 0.01);
    meter.observe(404, 0.01);

    const samples = await samplesOf(metrics);

    const total = (status: number) =>
      samples.get(
        `switchgear_http_requests_total{route="/api/v1/tools/{tool}",method="GET",status="${status}"}`,
      );
    expect([total(200), total(404)]).to.deep.equal([2, 1]);
    expect(
      samples.get(
        'switchgear_http_request_duration_seconds_count{route="/api/v1/tools/{tool}",method="GET"}',
      ),
    ).to.equal(3);
  });

  it("counts retries and cache look-ups and shows breaker states and the version", async () => {
    const metrics = plain();
    metrics.countRetry("demo");
    metrics.countRetry("demo");
    metrics.countRestart("demo");
    metrics.countOrphans(2);
    metrics.countOrphans(1);
    metrics.countCache("hit");
    metrics.countCache("miss");
    metrics.setBreakerState("demo", "open");
    metrics.setBreakerState("demo", "half_open");

    const samples = await samplesOf(metrics);

    expect(samples.get('switchgear_retries_total{server="demo"}')).to.equal(2);
    expect(samples.get('switchgear_child_restarts_total{server="demo"}')).to.equal(1);
    expect(samples.get("switchgear_orphans_killed_total")).to.equal(3);
    expect(samples.get('switchgear_cache_requests_total{result="hit"}')).to.equal(1);
    expect(samples.get('switchgear_breaker_state{server="demo"}')).to.equal(1);
    expect(samples.get('switchgear_build_info{version="1.2.3"}')).to.equal(1);
  });

  it("reads connections at the scrape and forgets kinds that are gone", async () => {
    const metrics = plain();
    let open: Record<string, number> = { mcp_session: 3, sse_stream: 1 };
    metrics.watchConnections(() => open);
    await metrics.text();
    open = { mcp_session: 2 };

    const samples = await samplesOf(metrics);

    expect(samples.get('switchgear_connections{kind="mcp_session"}')).to.equal(2);
    expect(samples.has('switchgear_connections{kind="sse_stream"}')).to.equal(false);
  });

  it("keeps two gateways of one process apart", async () => {
    const one = plain();
    const two = plain();

    one.countRetry("demo");

    expect(await two.text()).to.not.include('server="demo"');
  });

  it("serves the content type of Prometheus", () => {
    expect(plain().contentType).to.include("text/plain; version=0.0.4");
  });
});

describe("docs/metrics.md", () => {
  it("names every metric, and no metric that does not exist", () => {
    const registered = new Metrics({ version: "1.2.3" }).names;
    const documented = [...readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `([a-z0-9_]+)`/gm)].map(
      (match) => match[1],
    );

    expect(documented).to.have.members([...registered]);
  });
});
