import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";

const limited = new GatewayError("rate_limited", "Too many requests.", {
  retryable: true,
  retryAfterMs: 1_500,
});
const overloaded = new GatewayError("overloaded", "No new work.", { retryable: true, retryAfterMs: 2_000 });

describe("admission to the MCP endpoint", () => {
  let front: FrontHarness;
  beforeEach(async () => {
    front = await FrontHarness.start();
    await front.offer("weather", { tools: [tool("forecast")] });
  });
  afterEach(() => front.close());

  const refuse = (error: GatewayError) => {
    front.admit = () => {
      throw error;
    };
  };

  it("is asked for each request, with the caller, in both eras", async () => {
    const asked: string[] = [];
    front.admit = ({ subject }) => void asked.push(subject);

    await front.legacy("tools/list");
    await (await front.modern("tools/list")).text();

    // The first one opens the session.
    expect(asked).to.deep.equal(["anna", "anna", "anna"]);
  });

  for (const [error, status, retryAfter] of [
    [limited, 429, "2"],
    [overloaded, 503, "2"],
  ] as const) {
    it(`refuses with ${status}, the request's id and when to come back: ${error.code}`, async () => {
      refuse(error);

      const response = await front.modern("tools/call", { name: "weather__forecast", arguments: {} });
      const body = (await response.json()) as JsonObject;

      expect(response.status).to.equal(status);
      expect(response.headers.get("retry-after")).to.equal(retryAfter);
      expect(body["id"]).to.equal(1);
      expect(body).to.nested.include({
        "error.data.code": error.code,
        "error.data.retryable": true,
        "error.data.retry_after_ms": error.retryAfterMs,
      });
      expect(front.calls).to.have.length(0);
    });
  }

  it("waits for one who counts elsewhere", async () => {
    front.admit = async () => {
      await new Promise((later) => setImmediate(later));
      throw limited;
    };

    expect((await front.modern("tools/list")).status).to.equal(429);
  });

  it("is needed for a stream, with the same refusal", async () => {
    const session = await front.initialize();
    refuse(limited);

    const response = await fetch(`${front.url}/mcp`, {
      headers: { authorization: "Bearer anna", accept: "text/event-stream", "mcp-session-id": session },
    });

    expect(response.status).to.equal(429);
    expect(response.headers.get("retry-after")).to.equal("2");
  });

  it("is not needed to end something: a cancellation, the end of a session", async () => {
    const session = await front.initialize();
    refuse(overloaded);
    const headers = { "mcp-session-id": session };

    const cancelled = await front.post(
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 5 } },
      headers,
    );
    const ended = await fetch(`${front.url}/mcp`, {
      method: "DELETE",
      headers: { authorization: "Bearer anna", ...headers },
    });

    expect([cancelled.status, ended.ok]).to.deep.equal([202, true]);
  });

  it("shows a call that was one too many to the model, as not executed", async () => {
    front.answer = () => {
      throw new GatewayError("rate_limited", "Too many tool calls.", {
        retryable: true,
        retryAfterMs: 9_000,
        executed: "not_executed",
      });
    };

    const { result } = (await front.legacy("tools/call", { name: "weather__forecast" })) as {
      result: JsonObject;
    };

    expect(result["isError"]).to.equal(true);
    expect(result["_meta"]).to.have.property("io.switchgear/call").that.includes({
      code: "rate_limited",
      executed: "not_executed",
      retryable: true,
      retry_after_ms: 9_000,
    });
    expect(JSON.stringify(result["content"])).to.include("not executed");
  });
});
