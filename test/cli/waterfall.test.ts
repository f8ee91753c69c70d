import { PassThrough } from "node:stream";

import { expect } from "chai";

import { Output } from "../../src/cli/output.ts";
import { time, waterfallText } from "../../src/cli/waterfall.ts";
import type { JsonObject } from "../../src/domain/json.ts";

const out = new Output(
  { stdout: new PassThrough(), stderr: new PassThrough(), isTTY: false, env: {} },
  false,
);

const CALL: JsonObject = {
  request_id: "req_1",
  at: "2026-03-01T10:00:00.000Z",
  subject: "anna",
  via: "mcp",
  era: "2026",
  endpoint: "p/dev",
  server: "weather",
  tool: "forecast",
  outcome: "unknown",
  executed: "unknown",
  code: "upstream_timeout",
  duration_ms: 1_000,
  cache: "miss",
  idempotency: "joined",
  breaker: "closed",
  attempts: 1,
  retried: [],
  questions: 2,
  questions_ms: 1_500,
  request_bytes: 120,
  answer_bytes: 0,
  waterfall: [
    { phase: "authentication", start_ms: 0, duration_ms: 0.01 },
    { phase: "queue", start_ms: 0, duration_ms: 250 },
    {
      phase: "attempt",
      start_ms: 250,
      duration_ms: 750,
      attempt: 1,
      outcome: "unknown",
      code: "upstream_timeout",
    },
  ],
};

describe("waterfallText", () => {
  it("draws a bar for each stretch of time that is worth one, to scale", () => {
    const lines = waterfallText(CALL, out).split("\n");

    expect(lines.slice(-4)).to.deep.equal([
      "",
      `${"queue".padEnd(18)} ${"█".repeat(10)}${" ".repeat(30)}    250 ms`,
      `${"attempt 1".padEnd(18)} ${" ".repeat(10)}${"█".repeat(30)}    750 ms  unknown, upstream_timeout`,
      `${" ".repeat(59)}    1.00 s  in all`,
    ]);
  });

  it("says how it ended and what is to be known", () => {
    const text = waterfallText(CALL, out);

    expect(text.split("\n").slice(0, 10)).to.deep.equal([
      "unknown  weather__forecast  [upstream_timeout]",
      "request      req_1 at 2026-03-01T10:00:00.000Z",
      "caller       anna over mcp, era 2026, endpoint p/dev",
      "executed     unknown: look before you call again",
      "attempts     1",
      "breaker      closed",
      "cache        miss",
      "key          waited for the same call that was in flight",
      "questions    2, answered in 1.50 s",
      "size         120 bytes asked, 0 answered",
    ]);
  });

  it("leaves out what does not matter, and cannot be led astray by what it is given", () => {
    const text = waterfallText(
      {
        ...CALL,
        tool: "a\u001B[31mb\nc",
        cache: "off",
        idempotency: "none",
        questions: 0,
        breaker: "not_reached",
      },
      out,
    );

    expect(text).to.not.match(/^(?:cache|key|questions|breaker)/m);
    expect(text).to.not.contain("\u001B");
    expect(text.split("\n")[0]).to.match(/^unknown {2}weather__a/);
    expect(waterfallText({}, out)).to.contain("in all");
  });

  it("writes times as people read them", () => {
    expect([0.1234, 9.99, 10, 999.4, 1_000, 61_234].map(time)).to.deep.equal([
      "0.12 ms",
      "9.99 ms",
      "10 ms",
      "999 ms",
      "1.00 s",
      "61.23 s",
    ]);
  });
});
