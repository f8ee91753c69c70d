import { expect } from "chai";

import type { Answer } from "../../src/cli/bridge-endpoint.ts";
import { refusedBy, unanswered } from "../../src/cli/bridge-errors.ts";
import { GatewayError } from "../../src/domain/errors.ts";

const URL = "http://127.0.0.1:4470/mcp";
const answer = (statusCode: number) => ({ statusCode }) as Answer;
const withCode = (code: string) => Object.assign(new Error("x"), { code });

describe("unanswered", () => {
  for (const reason of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]) {
    it(`says of ${reason} that nothing was executed, and how to start the gateway`, () => {
      const error = unanswered(URL, withCode(reason));

      expect(error.code).to.equal(-32603);
      expect(error.message).to.contain(URL).and.contain("switchgear serve");
      expect(error.data).to.include({ reason, executed: "not_executed" });
    });
  }

  it("finds the reason when several addresses have failed", () => {
    const error = unanswered(URL, new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")]));

    expect(error.data).to.include({ reason: "ECONNREFUSED", executed: "not_executed" });
  });

  for (const reason of ["ECONNRESET", "UND_ERR_SOCKET", "EPIPE"]) {
    it(`says of ${reason} that the outcome is unknown`, () => {
      const error = unanswered(URL, withCode(reason));

      expect(error.message).to.equal(
        "The connection to the gateway broke off. The call may have been executed.",
      );
      expect(error.data).to.include({ reason, executed: "unknown" });
    });
  }

  it("quotes an error of its own", () => {
    const error = unanswered(URL, new GatewayError("payload_too_large", "The answer is too long."));

    expect(error.message).to.equal("The answer is too long. The call may have been executed.");
  });

  it("survives whatever was thrown", () => {
    for (const thrown of [null, undefined, "text", new AggregateError([])]) {
      expect(unanswered(URL, thrown).data).to.include({ reason: "unknown" });
    }
  });

  it("shows no text of the underlying error, which may name paths and addresses", () => {
    const error = unanswered(
      URL,
      Object.assign(new Error("connect 10.0.0.1:99 /home/me"), { code: "ECONNRESET" }),
    );

    expect(JSON.stringify(error)).not.to.contain("10.0.0.1").and.not.contain("/home");
  });
});

describe("refusedBy", () => {
  it("explains a refused key, whatever the body says", () => {
    const error = refusedBy(answer(401), '{"detail":"no"}');

    expect(error.message).to.contain("API key").and.contain("switchgear key create");
  });

  it("quotes the detail of a problem document before its title", () => {
    expect(refusedBy(answer(403), '{"title":"Forbidden","detail":"Not you."}').message).to.equal("Not you.");
    expect(refusedBy(answer(403), '{"title":"Forbidden"}').message).to.equal("Forbidden");
  });

  it("keeps the code of a problem document", () => {
    expect(refusedBy(answer(503), '{"code":"shutting_down"}').data).to.deep.equal({
      http_status: 503,
      code: "shutting_down",
    });
  });

  for (const body of ["", "<h1>no</h1>", "null", "[]", "7", '{"detail":7}']) {
    it(`names the status when the body is ${JSON.stringify(body)}`, () => {
      const error = refusedBy(answer(502), body);

      expect(error.message).to.equal("The gateway answered with HTTP 502.");
      expect(error.data).to.deep.equal({ http_status: 502 });
    });
  }
});
