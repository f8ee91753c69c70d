import { readFileSync } from "node:fs";
import { ServerResponse, IncomingMessage } from "node:http";
import { Socket } from "node:net";

import { expect } from "chai";

import {
  ERROR_CODES,
  Forbidden,
  GatewayError,
  InvalidRequest,
  Unauthenticated,
} from "../../src/domain/errors.ts";
import { UpstreamBroken, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { sendProblem, statusOf, toProblem } from "../../src/http/problem.ts";

describe("toProblem", () => {
  it("carries the code, the sentence, the request id and a type of its own", () => {
    const problem = toProblem(new GatewayError("conflict", "It exists."), "req-1");

    expect(problem).to.deep.equal({
      type: "urn:switchgear:error:conflict",
      title: "Conflict",
      status: 409,
      detail: "It exists.",
      code: "conflict",
      request_id: "req-1",
      retryable: false,
      fix: [],
    });
  });

  it("says of a call whether it was executed", () => {
    expect(toProblem(new UpstreamBroken("x", "reset"), "r")).to.include({
      executed: "unknown",
      retryable: false,
    });
    expect(toProblem(new UpstreamUnavailable("x", "refused"), "r")).to.include({
      executed: "not_executed",
      retryable: true,
    });
  });

  it("names each bad field", () => {
    const problem = toProblem(new InvalidRequest("Bad.", [{ path: "a.b", message: "is missing" }]), "r");

    expect(problem.errors).to.deep.equal([{ path: "a.b", message: "is missing" }]);
  });

  it("tells what role is missing", () => {
    const problem = toProblem(new Forbidden("key:1", "server:write", "operator"), "r");

    expect(problem).to.deep.include({
      status: 403,
      details: { action: "server:write", needed_role: "operator" },
    });
  });

  for (const error of [new TypeError("x.y is undefined"), "a string", undefined, null, { status: 503 }]) {
    it(`tells nothing of ${error instanceof Error ? error.name : (JSON.stringify(error) ?? "nothing")}`, () => {
      const problem = toProblem(error, "req-1");

      expect(problem).to.include({ status: 500, code: "internal", request_id: "req-1" });
      expect(JSON.stringify(problem)).to.not.include("undefined");
    });
  }

  it("believes the status of what Express throws, if it blames the caller", () => {
    expect(toProblem({ status: 400 }, "r")).to.include({ status: 400, code: "invalid_request" });
    expect(toProblem({ status: 404 }, "r")).to.include({ status: 404, code: "not_found" });
    expect(toProblem(new URIError("bad"), "r")).to.include({ status: 400, code: "invalid_request" });
  });

  it("has a status for every code, and no success among them", () => {
    for (const code of ERROR_CODES) expect(statusOf(code), code).to.be.within(400, 599);
  });
});

describe("sendProblem", () => {
  function answer() {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    return { response, header: (name: string) => response.getHeader(name) };
  }

  it("tells how to authenticate with a 401", () => {
    const { response, header } = answer();

    sendProblem(response, toProblem(new Unauthenticated(), "r"));

    expect(response.statusCode).to.equal(401);
    expect(header("www-authenticate")).to.equal('Bearer realm="switchgear"');
    expect(header("content-type")).to.equal("application/problem+json");
  });

  it("rounds the time to wait up to whole seconds, at least one", () => {
    const times = [1, 999, 1_001, 90_000].map((retryAfterMs) => {
      const { response, header } = answer();
      sendProblem(response, toProblem(new GatewayError("circuit_open", "Resting.", { retryAfterMs }), "r"));
      return header("retry-after");
    });

    expect(times).to.deep.equal(["1", "1", "2", "90"]);
  });

  it("cuts the connection when the answer has begun", () => {
    const { response } = answer();
    response.writeHead(200);

    sendProblem(response, toProblem(new GatewayError("internal", "Late."), "r"));

    expect(response.destroyed).to.equal(true);
    expect(response.statusCode).to.equal(200);
  });
});

describe("docs/errors.md", () => {
  const text = readFileSync("docs/errors.md", "utf8");

  it("has a section for every code, and none for a code that does not exist", () => {
    const sections = [...text.matchAll(/^## `([a-z_]+)`/gm)].map((match) => match[1]);

    expect(sections).to.have.members([...ERROR_CODES]);
    expect(new Set(sections).size).to.equal(sections.length);
  });

  it("names the status of every code", () => {
    for (const code of ERROR_CODES)
      expect(text, code).to.match(new RegExp(`^## \`${code}\`\\n\\nHTTP ${statusOf(code)}\\b`, "m"));
  });
});
