import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import { UpstreamBroken, UpstreamError, UpstreamTimeout } from "../../../src/domain/upstream-errors.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: calls of tools", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  beforeEach(() => gateway.add("weather", { tools: [toolDefinition("forecast")] }));

  const execute = (body: unknown = { arguments: { city: "Bern" } }, options: object = {}) =>
    gateway.ask("POST", "/api/v1/tools/weather__forecast/execute", { as: "user", body, ...options });

  it("answers with the tool's result and what the gateway knows of the call", async () => {
    gateway.answer = () =>
      Reply.of(
        "result",
        {
          content: [{ type: "text", text: "Sun" }],
          structuredContent: { sky: "sun" },
          _meta: { a: 1 },
          resultType: "complete",
        },
        "2026",
      );

    const { status, body } = await execute(undefined, { headers: { "x-request-id": "my-request" } });

    expect(status).to.equal(200);
    expect(body).to.deep.include({
      content: [{ type: "text", text: "Sun" }],
      structuredContent: { sky: "sun" },
      _meta: { a: 1 },
    });
    expect(body).to.not.have.property("resultType");
    expect(body["meta"]).to.include({
      request_id: "my-request",
      server: "weather",
      tool: "weather__forecast",
      attempts: 1,
      cache: "off",
      executed: "executed",
    });
  });

  it("sends the upstream's own name and the arguments, in the caller's own scope", async () => {
    await execute();

    expect(gateway.calls[0]?.call.params).to.deep.include({
      name: "forecast",
      arguments: { city: "Bern" },
    });
    expect(gateway.calls[0]?.call.scope).to.match(/^rest:key:/);
  });

  it("takes no body for no arguments", async () => {
    const { status } = await gateway.ask("POST", "/api/v1/tools/forecast/execute", { as: "user" });

    expect(status).to.equal(200);
    expect(gateway.calls[0]?.call.params["arguments"]).to.deep.equal({});
  });

  it("answers 200 for a tool that says it failed: that is an answer", async () => {
    gateway.answer = () =>
      Reply.of("result", { content: [{ type: "text", text: "no such city" }], isError: true }, "2025");

    const { status, body } = await execute();

    expect(status).to.equal(200);
    expect(body).to.nested.include({ isError: true, "content[0].text": "no such city" });
  });

  it("says of a failed call whether it was executed", async () => {
    gateway.answer = () => {
      throw new UpstreamBroken("weather", "the child exited");
    };

    const { status, body } = await execute();

    expect(status).to.equal(502);
    expect(body).to.nested.include({
      code: "upstream_broken",
      executed: "unknown",
      retryable: false,
      "details.server": "weather",
    });
  });

  it("answers 504 at the deadline", async () => {
    gateway.answer = () => {
      throw new UpstreamTimeout("weather", 50, true);
    };

    const { status, body } = await execute();

    expect(status).to.equal(504);
    expect(body).to.include({ code: "upstream_timeout", executed: "unknown" });
  });

  it("passes the caller's own deadline on", async () => {
    gateway.answer = (_, call) =>
      new Promise((_resolve, reject) =>
        call.signal.addEventListener("abort", () => reject(new GatewayError("cancelled", "late"))),
      );

    const { status, body } = await execute({ timeout_ms: 20 });

    expect(status).to.equal(504);
    expect(body).to.include({ code: "upstream_timeout" });
  });

  it("tells when to try again", async () => {
    gateway.answer = () => {
      throw new UpstreamError("upstream_rejected", "weather", "rejected", "Too many.", {
        retryAfterMs: 90_000,
      });
    };

    const { status, body, headers } = await execute();

    expect(status).to.equal(503);
    expect(headers.get("retry-after")).to.equal("90");
    expect(body).to.include({ retry_after_ms: 90_000, retryable: true, executed: "not_executed" });
  });

  it("answers 400 when the upstream refuses the arguments, 502 for its other errors", async () => {
    gateway.answer = () => Reply.of("error", { code: -32602, message: "city is required" }, "2025");
    const refused = await execute();
    gateway.answer = () => Reply.of("error", { code: -32603, message: "boom", data: { why: "?" } }, "2025");

    const failed = await execute();

    expect(refused.status).to.equal(400);
    expect(refused.body).to.include({ code: "invalid_arguments", executed: "not_executed" });
    expect(refused.body["detail"]).to.include("city is required");
    expect(failed.status).to.equal(502);
    expect(failed.body).to.nested.include({
      code: "upstream_error",
      "details.rpc_code": -32603,
      "details.data.why": "?",
    });
  });

  it("answers 501 when the tool asks a question, which REST cannot carry", async () => {
    gateway.answer = () => Reply.of("result", { resultType: "input_required", inputRequests: {} }, "2026");

    const { status, body } = await execute();

    expect(status).to.equal(501);
    expect(body).to.include({ code: "interaction_unsupported" });
  });

  it("answers 502 when the answer is not JSON", async () => {
    gateway.answer = () => new Reply("result", Buffer.from("{broken"), "2025");

    const { status, body } = await execute();

    expect(status).to.equal(502);
    expect(body).to.include({ code: "upstream_protocol_error", executed: "executed" });
  });

  it("cancels the call when the client goes away", async () => {
    const aborted = new Promise<void>((resolve) => {
      gateway.answer = (_, call) =>
        new Promise((_resolve, reject) => {
          call.signal.addEventListener("abort", () => {
            resolve();
            reject(new GatewayError("cancelled", "gone"));
          });
        });
    });
    const leaving = new AbortController();
    const request = fetch(`${gateway.url}/api/v1/tools/forecast/execute`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.keys.get("user")}` },
      signal: leaving.signal,
    }).catch(() => "gone");
    while (gateway.calls.length === 0) await new Promise((later) => setTimeout(later, 5));

    leaving.abort();

    expect(await request).to.equal("gone");
    await aborted;
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["arguments that are no object", { arguments: [1] }],
    ["arguments that are text", { arguments: "{}" }],
    ["an unknown field", { args: {} }],
    ["a deadline of nothing", { timeout_ms: 0 }],
    ["a deadline that is too long", { timeout_ms: 300_001 }],
  ];
  for (const [what, body] of bad) {
    it(`answers 400 for ${what}, and calls nobody`, async () => {
      const { status } = await execute(body);

      expect(status).to.equal(400);
      expect(gateway.calls).to.deep.equal([]);
    });
  }

  it("answers 404 for a tool that does not exist", async () => {
    const { status, body } = await gateway.ask("POST", "/api/v1/tools/nothing/execute", { body: {} });

    expect(status).to.equal(404);
    expect(body).to.include({ code: "tool_not_found", executed: "not_executed" });
  });

  it("is not for viewers", async () => {
    const { status } = await execute({}, { as: "viewer" });

    expect(status).to.equal(403);
    expect(gateway.calls).to.deep.equal([]);
  });
});
