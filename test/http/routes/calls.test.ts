import { expect } from "chai";

import { UpstreamError } from "../../../src/domain/upstream-errors.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { CallLab } from "../../support/call-log.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

type Item = Record<string, unknown>;

describe("REST: the log of calls", () => {
  let lab: CallLab;
  let gateway: RestGateway;

  beforeEach(async () => {
    lab = await CallLab.open();
    gateway = await RestGateway.start({}, { calls: lab.log });
    await gateway.add("weather", { tools: [toolDefinition("forecast"), toolDefinition("send")] });
  });
  afterEach(async () => {
    await gateway.close();
    await lab.close();
  });

  const execute = (request: string, as: "user" | "operator" | "admin" = "user", tool = "forecast") =>
    gateway.ask("POST", `/api/v1/tools/weather__${tool}/execute`, {
      as,
      body: { arguments: { secret: "hush" } },
      headers: { "x-request-id": request },
    });
  const why = (name: string, as: "viewer" | "user" | "operator" | "admin" = "user") =>
    gateway.ask("GET", `/api/v1/calls/${name}`, { as });
  const list = async (query = "", as: "viewer" | "user" | "operator" = "operator") => {
    const { body } = await gateway.ask("GET", `/api/v1/calls${query}`, { as });
    return body as unknown as { items: Item[]; next_cursor: string | null; degraded: boolean };
  };
  const idsOf = async (query: string) => (await list(query)).items.map((item) => item["request_id"]);

  it("tells what a call met on its way, and nothing of what was asked or answered", async () => {
    gateway.answer = () => Reply.of("result", { content: [{ type: "text", text: "private" }] }, "2025");
    await execute("req-a");

    const { status, body } = await why("req-a");

    expect(status).to.equal(200);
    expect(body).to.include({
      request_id: "req-a",
      via: "rest",
      server: "weather",
      tool: "forecast",
      outcome: "ok",
      executed: "executed",
      attempts: 1,
      breaker: "closed",
    });
    const phases = (body["waterfall"] as unknown as Item[]).map(({ phase }) => phase);
    expect(phases).to.deep.equal(["authentication", "reading", "policy", "queue", "attempt", "answer"]);
    expect(body["request_bytes"]).to.be.above(10);
    expect(JSON.stringify(body)).to.not.match(/hush|private/);
  });

  it("tells of attempts that failed, and gives the reasons with the answer", async () => {
    let count = 0;
    gateway.answer = () => {
      if (++count === 1)
        throw new UpstreamError("upstream_rejected", "weather", "rejected", "Too many.", { retryAfterMs: 1 });
      return Reply.of("result", { content: [] }, "2025");
    };
    const answer = await execute("req-a");

    const { body } = await why("req-a");

    expect(answer.body["meta"]).to.deep.include({ attempts: 2, retried: ["upstream_rejected"] });
    expect(body).to.deep.include({ attempts: 2, retried: ["upstream_rejected"], outcome: "ok" });
    expect(gateway.metrics.names).to.include("switchgear_retry_reasons_total");
    expect(await gateway.metrics.text()).to.match(/retry_reasons_total\{reason="upstream_rejected"\} 1/);
  });

  it("tells of calls that did not come as far as an upstream", async () => {
    await execute("req-a", "user", "nothing");
    const denied = await gateway.ask("POST", "/api/v1/tools/weather__send/execute", {
      body: { arguments: {} },
      headers: { "x-request-id": "req-b", "idempotency-key": "two words" },
    });

    expect((await why("req-a")).body).to.include({
      tool: "weather__nothing",
      code: "tool_not_found",
      attempts: 0,
    });
    expect(denied.status).to.equal(400);
    expect((await why("req-b", "admin")).body).to.include({ code: "invalid_request", outcome: "not_sent" });
  });

  it("shows callers their own calls, and operators those of all", async () => {
    await execute("of-user", "user");
    await execute("of-admin", "admin");

    expect((await why("of-user", "user")).status).to.equal(200);
    expect((await why("of-user", "operator")).status).to.equal(200);
    const foreign = await why("of-admin", "user");
    const missing = await why("never-was", "user");
    expect(foreign.status).to.equal(404);
    expect({ ...foreign.body, request_id: "", detail: "", details: {} }).to.deep.equal({
      ...missing.body,
      request_id: "",
      detail: "",
      details: {},
    });
    expect((await list("", "user")).items.map((item) => item["request_id"])).to.deep.equal(["of-user"]);
    expect((await list("", "viewer")).items).to.deep.equal([]);
    expect((await list()).items).to.have.length(2);
  });

  it("lists by server, tool, outcome, failure and time, in pages", async () => {
    await execute("one");
    await execute("two", "user", "send");
    gateway.answer = () => Reply.of("result", { content: [], isError: true }, "2025");
    await execute("three");

    const page = await list("?limit=2");
    const rest = await list(`?limit=2&cursor=${page.next_cursor}`);

    expect(page.items.length + rest.items.length).to.equal(3);
    expect(rest.next_cursor).to.equal(null);
    expect(page.degraded).to.equal(false);
    expect(await idsOf("?tool=send")).to.deep.equal(["two"]);
    expect(await idsOf("?server=other")).to.deep.equal([]);
    expect(await idsOf("?outcome=tool_error")).to.deep.equal(["three"]);
    expect(await idsOf("?failed=true")).to.deep.equal(["three"]);
    expect(await idsOf("?since=5m")).to.have.length(3);
    expect(await idsOf(`?since=${new Date(Date.now() + 60_000).toISOString()}`)).to.deep.equal([]);
  });

  it("refuses a query that nobody can mean", async () => {
    for (const query of ["?limit=0", "?since=yesterday", "?failed=perhaps", "?who=me"])
      expect((await gateway.ask("GET", `/api/v1/calls${query}`)).status, query).to.equal(400);
    expect((await gateway.ask("GET", "/api/v1/calls", { as: "nobody" })).status).to.equal(401);
  });

  it("says that calls are not logged where they are not", async () => {
    const without = await RestGateway.start({}, { calls: undefined });

    const { status, body } = await without.ask("GET", "/api/v1/calls");

    expect(status).to.equal(404);
    expect(body["detail"]).to.equal("Calls are not logged here.");
    await without.close();
  });

  it("makes the health of the gateway degraded, and nothing else, when it cannot be written", async () => {
    await lab.close();
    await execute("req-a");
    const answer = await execute("req-b");
    const page = await list();

    const { body } = await gateway.ask("GET", "/health");

    expect(answer.status).to.equal(200);
    expect(page.degraded).to.equal(true);
    expect(page.items).to.have.length(2);
    expect(body["status"]).to.equal("degraded");
    expect((body["services"] as Record<string, unknown>)["call_log"]).to.include({
      status: "degraded",
      degraded: true,
    });
  });
});
