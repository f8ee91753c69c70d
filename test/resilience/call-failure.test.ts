import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { callFailure, cancelled } from "../../src/resilience/call-failure.ts";
import { SERVER, refused, reset, tooMany } from "./attempts.ts";

const history = { server: SERVER, attempts: 2, sent: false, everUnknown: false };

describe("the error of a failed call", () => {
  it("is that of the last attempt, with the number of attempts", () => {
    const last = tooMany(3_000);

    const error = callFailure(last, history);

    expect(error).to.be.instanceOf(UpstreamError);
    expect(error).to.include({ code: "upstream_rejected", message: last.message, executed: "not_executed" });
    expect(error).to.include({ retryable: true, retryAfterMs: 3_000 });
    expect(error.details).to.deep.equal({ server: SERVER, attempts: 2 });
  });

  it("leaves the attempt's own error as it was, because others may share it", () => {
    const shared = refused();

    const error = callFailure(shared, history);

    expect(shared.details).to.deep.equal({ server: SERVER });
    expect(error.cause).to.equal(shared);
  });

  it("keeps the fix and the details of the attempt's error", () => {
    const fix = [{ label: "Install it", command: "npm i weather" }];
    const last = new UpstreamError("upstream_unavailable", SERVER, "not_sent", "It did not start.", {
      fix,
      details: { stderr_tail: "not found" },
    });

    const error = callFailure(last, history);

    expect(error.fix).to.deep.equal(fix);
    expect(error.details).to.include({ stderr_tail: "not found" });
  });

  it("never says not_executed once an attempt had an unknown fate", () => {
    const error = callFailure(refused(), { ...history, everUnknown: true });

    expect(error).to.include({ code: "upstream_unavailable", executed: "unknown", retryable: false });
    expect(error.message).to.contain("An earlier attempt may have been executed.");
  });

  it("does not repeat the warning when the last attempt's own error has it", () => {
    const last = reset();

    const error = callFailure(last, { ...history, everUnknown: true });

    expect(error).to.include({ message: last.message, executed: "unknown" });
  });

  it("says not_executed of a gateway error before anything was sent, unknown afterwards", () => {
    const denied = new GatewayError("egress_denied", "That address is not allowed.");

    expect(callFailure(denied, history)).to.include({ code: "egress_denied", executed: "not_executed" });
    expect(callFailure(denied, { ...history, sent: true })).to.include({ executed: "unknown" });
    expect(callFailure(denied, { ...history, everUnknown: true })).to.include({ executed: "unknown" });
  });

  it("believes a gateway error that knows better than the guard", () => {
    const known = new GatewayError("upstream_protocol_error", "It answered nonsense.", {
      executed: "executed",
    });

    expect(callFailure(known, { ...history, sent: true }).executed).to.equal("executed");
  });

  for (const bug of [new TypeError("x is undefined"), "a string", undefined, null]) {
    it(`turns ${bug instanceof Error ? "a bug" : String(bug)} into an internal error that says what is known`, () => {
      const error = callFailure(bug, { ...history, sent: true });

      expect(error).to.include({ code: "internal", executed: "unknown" });
      expect(error.message).to.contain(SERVER).and.not.contain("undefined");
      expect(error.details).to.deep.equal({ server: SERVER, attempts: 2 });
    });
  }

  it("of a caller that left says whether the call may have been executed", () => {
    expect(cancelled(history)).to.include({ code: "cancelled", executed: "not_executed" });
    expect(cancelled({ ...history, sent: true })).to.include({ code: "cancelled", executed: "unknown" });
    expect(cancelled({ ...history, everUnknown: true })).to.include({ executed: "unknown" });
  });
});
