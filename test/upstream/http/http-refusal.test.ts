import { expect } from "chai";

import { isSessionLost, refusal } from "../../../src/upstream/http/http-refusal.ts";
import type { HttpAnswer } from "../../../src/wire/http-exchange.ts";

function answer(status: number, body = "", headers: HttpAnswer["headers"] = {}): HttpAnswer {
  return { status, headers, body: Buffer.from(body), streamed: false };
}
const rpc = (message: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32000, message } });

describe("refusal", () => {
  it("says of each status whether anything was done, and whether to come again", () => {
    const cases = [
      [301, "upstream_protocol_error", "rejected", false],
      [400, "upstream_rejected", "rejected", false],
      [401, "upstream_auth_required", "rejected", false],
      [403, "upstream_auth_required", "rejected", false],
      [404, "upstream_rejected", "rejected", false],
      [429, "upstream_rejected", "rejected", true],
      [500, "upstream_broken", "unknown", false],
      [502, "upstream_broken", "unknown", false],
    ] as const;
    for (const [status, code, outcome, retryable] of cases) {
      const error = refusal("up", answer(status));
      expect(error, String(status)).to.deep.include({ code, outcome, retryable });
      expect(error.details).to.deep.include({ server: "up", status });
      expect(error.message).to.contain("up");
    }
  });

  it("offers a way out where there is one", () => {
    expect(refusal("up", answer(401)).fix[0]?.label).to.contain("Authorization");
    expect(refusal("up", answer(302)).fix[0]?.label).to.contain("url");
  });

  it("reads when to come again, in seconds or as a date", () => {
    const after = (value: string) => refusal("up", answer(429, "", { "retry-after": value })).retryAfterMs;

    expect(after("7")).to.equal(7_000);
    expect(after(new Date(Date.now() + 60_000).toUTCString())).to.be.within(55_000, 60_000);
    expect(after(new Date(0).toUTCString())).to.equal(0);
    expect(after("999999999")).to.equal(24 * 60 * 60_000);
    expect(after("soon")).to.equal(undefined);
    expect(refusal("up", answer(429)).retryAfterMs).to.equal(undefined);
  });

  it("shows a JSON-RPC error's message, and never a web page", () => {
    expect(refusal("up", answer(400, rpc("bad  thing\nhere"))).message).to.contain("bad thing here");
    for (const body of [
      "<html>secret</html>",
      rpc({ secret: 1 }),
      "null",
      "[]",
      rpc("secret").padEnd(20_000),
    ]) {
      expect(refusal("up", answer(400, body)).message).not.to.contain("secret");
    }
  });
});

describe("isSessionLost", () => {
  it("takes a 404, and a 400 that speaks of sessions", () => {
    expect(isSessionLost(answer(404))).to.equal(true);
    expect(isSessionLost(answer(400, rpc("Bad Request: No valid session ID provided")))).to.equal(true);
    expect(isSessionLost(answer(400, rpc("Bad Request: Server not initialized")))).to.equal(true);
  });

  it("takes nothing else for it", () => {
    expect(isSessionLost(answer(400, rpc("Bad params")))).to.equal(false);
    expect(isSessionLost(answer(400, "session"))).to.equal(false);
    expect(isSessionLost(answer(500, rpc("session")))).to.equal(false);
    expect(isSessionLost(answer(200, rpc("session")))).to.equal(false);
  });
});
