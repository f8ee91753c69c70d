import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { connectFailure } from "../../src/wire/connect-failure.ts";

const withCode = (code: string, message = "") => Object.assign(new Error(message), { code });

describe("connectFailure", () => {
  it("says in plain words why there is no connection", () => {
    const cases = {
      ECONNREFUSED: "refused",
      ENOTFOUND: "does not resolve",
      UND_ERR_CONNECT_TIMEOUT: "timed out",
      CERT_HAS_EXPIRED: "expired",
      DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed",
      ERR_SSL_WRONG_VERSION_NUMBER: "TLS handshake failed",
    };
    for (const [code, words] of Object.entries(cases)) {
      const error = connectFailure("up", withCode(code));

      expect(error).to.be.instanceOf(UpstreamUnavailable);
      expect(error.message, code).to.contain(words).and.contain('"up"');
      expect(error.details).to.deep.equal({ server: "up", reason: code });
    }
  });

  it("looks into the failures of several addresses", () => {
    const all = new AggregateError([withCode("ECONNREFUSED"), withCode("ENETUNREACH")]);

    expect(connectFailure("up", all).message).to.contain("refused");
  });

  it("keeps the code, the advice and the facts of an error of ours", () => {
    const own = new GatewayError("egress_denied", "Not there.", {
      details: { host: "h" },
      fix: [{ label: "Allow it" }],
    });

    const error = connectFailure("up", own);

    expect(error).to.deep.include({
      code: "egress_denied",
      outcome: "not_sent",
      message: "Not there.",
      retryable: false,
    });
    expect(error.details).to.deep.equal({ server: "up", host: "h" });
    expect(error.fix).to.deep.equal([{ label: "Allow it" }]);
    expect(error.cause).to.equal(own);
  });

  it("falls back to the message", () => {
    expect(connectFailure("up", new Error("odd thing")).message).to.contain("odd thing");
    expect(connectFailure("up", withCode("EODD")).message).to.contain("EODD");
  });
});
