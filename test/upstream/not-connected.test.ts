import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import {
  UpstreamBroken,
  UpstreamError,
  UpstreamTimeout,
  UpstreamUnavailable,
} from "../../src/domain/upstream-errors.ts";
import { notConnected } from "../../src/upstream/not-connected.ts";

describe("notConnected", () => {
  it("is always a call that was not sent", () => {
    const causes = [
      new UpstreamUnavailable("up", "it is down"),
      new UpstreamBroken("up", "it broke off"),
      new UpstreamTimeout("up", 5, true),
      new UpstreamError("upstream_auth_required", "up", "rejected", "No."),
      new GatewayError("needs_input", "TOKEN is not set."),
      new GatewayError("cancelled", "Given up."),
      new TypeError("oops"),
      "text",
    ];

    for (const cause of causes) {
      const error = notConnected("up", cause, 1_000);
      expect(error)
        .to.be.instanceOf(UpstreamError)
        .and.deep.include({ outcome: "not_sent", executed: "not_executed" });
      expect(error.message).not.to.contain("may have been executed");
    }
  });

  it("keeps errors that say what to do, with their advice", () => {
    const cause = new UpstreamError("upstream_auth_required", "up", "rejected", "No.", {
      fix: [{ label: "Log in" }],
      details: { status: 401 },
      retryable: false,
      retryAfterMs: 5,
    });

    const error = notConnected("up", cause, 1_000);

    expect(error).to.deep.include({
      code: "upstream_auth_required",
      message: "No.",
      retryable: false,
      retryAfterMs: 5,
      cause,
    });
    expect(error.fix).to.deep.equal([{ label: "Log in" }]);
    expect(error.details).to.deep.equal({ server: "up", status: 401 });
  });

  it("says of others what was wrong with the handshake", () => {
    expect(notConnected("up", new UpstreamBroken("up", "it closed the connection"), 1).message).to.equal(
      'Upstream "up" cannot be reached: the handshake failed (Upstream "up" broke off in the middle of the call: it closed the connection.).',
    );
    expect(notConnected("up", new GatewayError("cancelled", "x"), 250).message).to.contain(
      "did not answer the handshake in 250 ms",
    );
  });

  it("passes on an unavailable upstream as it is", () => {
    const cause = new UpstreamUnavailable("up", "it is down");

    expect(notConnected("up", cause, 1)).to.equal(cause);
  });

  it("shows nothing of an error that is not ours", () => {
    expect(notConnected("up", new Error("/home/anna/secret"), 1).message).not.to.contain("secret");
  });
});
