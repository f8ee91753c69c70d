import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { sendBytes } from "../support/raw-http.ts";
import { RestGateway } from "../support/rest-gateway.ts";

describe("the REST application", () => {
  let gateway: RestGateway;

  before(async () => {
    gateway = await RestGateway.start({ requestBytes: 64 * 1024, jsonDepth: 16, headerBytes: 8 * 1024 });
  });
  after(() => gateway.close());

  describe("requests that cannot be served", () => {
    it("asks a stranger who it is before it says what exists", async () => {
      const answers = await Promise.all(
        ["/nothing", "/api/v1/nothing", "/api/v1/servers/x", "/API/V1/servers", "/version/", "//version"].map(
          (path) => gateway.ask("GET", path, { as: "nobody" }),
        ),
      );

      expect(answers.map(({ status }) => status)).to.deep.equal([401, 401, 401, 401, 401, 401]);
    });

    it("answers 404 for a path that does not exist", async () => {
      const { status, body, headers } = await gateway.ask("GET", "/api/v1/nothing");

      expect(status).to.equal(404);
      expect(headers.get("content-type")).to.equal("application/problem+json");
      expect(body).to.include({ code: "not_found", status: 404, type: "urn:switchgear:error:not_found" });
    });

    it("answers 405 and says which methods are possible", async () => {
      const { status, body, headers } = await gateway.ask("PUT", "/api/v1/servers", { body: {} });

      expect(status).to.equal(405);
      expect(headers.get("allow")).to.equal("GET, HEAD, POST");
      expect(body).to.include({ code: "method_not_allowed" });
    });

    it("answers 405 for a method on a public path to whoever is authenticated, 401 to others", async () => {
      const stranger = await gateway.ask("POST", "/version", { as: "nobody" });
      const known = await gateway.ask("POST", "/version");

      expect([stranger.status, known.status]).to.deep.equal([401, 405]);
    });

    const wrongTypes: readonly (readonly [string, Record<string, string>])[] = [
      ["text", { "content-type": "text/plain" }],
      ["a form", { "content-type": "application/x-www-form-urlencoded" }],
      ["a merge patch where none is taken", { "content-type": "application/merge-patch+json" }],
      ["nothing said", { "content-type": "" }],
      ["a compressed body", { "content-type": "application/json", "content-encoding": "gzip" }],
    ];
    for (const [what, headers] of wrongTypes) {
      it(`answers 415 for ${what}`, async () => {
        const { status, body } = await gateway.ask("POST", "/api/v1/servers", { body: "{}", headers });

        expect(status).to.equal(415);
        expect(body).to.include({ code: "unsupported_media_type" });
      });
    }

    it("takes a charset beside the media type", async () => {
      const { status } = await gateway.ask("POST", "/api/v1/tools/search", {
        body: { q: "x" },
        headers: { "content-type": "application/json; charset=utf-8" },
      });

      expect(status).to.equal(200);
    });

    it("answers 413 for a body that is too large, said or not", async () => {
      const large = JSON.stringify({ q: "x".repeat(70_000) });
      const said = await gateway.ask("POST", "/api/v1/tools/search", { body: large });
      const unsaid = await sendBytes(
        gateway,
        `POST /api/v1/tools/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${gateway.keys.get("user")}\r\n` +
          `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`,
      );

      expect(said.status).to.equal(413);
      expect(said.body).to.include({ code: "payload_too_large" });
      expect(unsaid).to.match(/^HTTP\/1.1 413 /);
    });

    const badBodies: readonly (readonly [string, string | Buffer])[] = [
      ["half an object", '{"q":'],
      ["no JSON at all", "hello"],
      ["a comment", '{"q":"x"} // y'],
      ["a key that is given twice", '{"q":"a","q":"b"}'],
      ["a key that names the prototype", '{"__proto__":{},"q":"a"}'],
      ["too deep nesting", `{"q":${"[".repeat(40)}${"]".repeat(40)}}`],
    ];
    for (const [what, body] of badBodies) {
      it(`answers 400 for ${what}`, async () => {
        const answer = await gateway.ask("POST", "/api/v1/tools/search", { body });

        expect(answer.status).to.equal(400);
        expect(answer.body).to.include({ code: "invalid_request" });
        expect(answer.body["detail"]).to.not.include("JSON-RPC");
      });
    }

    it("answers 400 for a body that is not UTF-8", async () => {
      const answer = await sendBytes(
        gateway,
        Buffer.concat([
          Buffer.from(
            `POST /api/v1/tools/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${gateway.keys.get("user")}\r\n` +
              "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n",
          ),
          Buffer.from('{"q":"'),
          Buffer.from([0xff]),
          Buffer.from('"}'),
        ]),
      );

      expect(answer)
        .to.match(/^HTTP\/1.1 400 /)
        .and.include("not UTF-8");
    });

    it("answers 400 for a path that is not validly encoded", async () => {
      const { status, body } = await gateway.ask("GET", "/api/v1/servers/%E0%A4%A");

      expect(status).to.equal(400);
      expect(body).to.include({ code: "invalid_request" });
    });

    it("answers 406 to a client that takes no JSON, and serves all who take anything", async () => {
      const answers = await Promise.all(
        ["text/csv", "text/html;q=0.9,*/*;q=0.1", "application/*", "Application/JSON;version=1"].map(
          (accept) => gateway.ask("GET", "/version", { headers: { accept } }),
        ),
      );

      expect(answers.map(({ status }) => status)).to.deep.equal([406, 200, 200, 200]);
      expect(answers[0]?.body).to.include({ code: "not_acceptable" });
    });

    it("answers bytes that are no HTTP in the same form", async () => {
      const answer = await sendBytes(gateway, "HELLO\r\n\r\n");

      expect(answer).to.match(/^HTTP\/1.1 400 Bad Request/);
      expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).to.include({
        status: 400,
        code: "invalid_request",
      });
    });

    it("answers 431 for headers that are too large", async () => {
      const answer = await sendBytes(
        gateway,
        `GET /version HTTP/1.1\r\nHost: localhost\r\nX-Fill: ${"x".repeat(20_000)}\r\n\r\n`,
      );

      expect(answer)
        .to.match(/^HTTP\/1.1 431 /)
        .and.include("application/problem+json");
    });

    it("never answers in HTML and never with a stack", async () => {
      const answers = await Promise.all([
        gateway.send("GET", "/nothing"),
        gateway.send("GET", "/api/v1/servers/%ff"),
        gateway.send("POST", "/api/v1/servers", { body: "{" }),
        gateway.send("GET", "/api/v1/tools?limit=x"),
        gateway.send("DELETE", "/api/docs"),
      ]);

      for (const response of answers) {
        const text = await response.text();
        expect(response.headers.get("content-type")).to.equal("application/problem+json");
        expect(text).to.not.match(/<html|<pre|\.js:\d|\.ts:\d|node_modules/);
      }
    });
  });

  describe("what every answer carries", () => {
    it("keeps answers out of caches, frames and sniffers", async () => {
      const { headers } = await gateway.send("GET", "/api/v1/servers");

      expect(headers.get("cache-control")).to.equal("no-store");
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("content-security-policy")).to.equal("default-src 'none';frame-ancestors 'none'");
      expect(headers.get("x-powered-by")).to.equal(null);
    });

    it("compresses lists, but no answer that may hold a secret", async () => {
      for (let i = 0; i < 20; i++) await gateway.add(`server-${i}`);
      const headers = { "accept-encoding": "gzip" };

      const list = await gateway.send("GET", "/api/v1/servers", { headers });
      const keys = await gateway.send("GET", "/api/v1/auth/api-keys?limit=200", { headers });

      expect(list.headers.get("content-encoding")).to.equal("gzip");
      expect(keys.headers.get("content-encoding")).to.equal(null);
    });
  });
});

describe("a gateway whose parts fail", () => {
  it("answers 500 with an id, and writes the cause to the log under that id", async () => {
    const gateway = await RestGateway.start(
      {},
      {
        sessions: () => {
          throw new TypeError("private detail");
        },
      },
    );

    const { status, body } = await gateway.ask("GET", "/api/v1/status", {
      headers: { "x-request-id": "look-here" },
    });
    await gateway.close();

    expect(status).to.equal(500);
    expect(body).to.include({ code: "internal", request_id: "look-here" });
    expect(JSON.stringify(body)).to.not.include("private detail");
    expect(gateway.logged).to.have.length(1);
    expect(gateway.logged[0]).to.nested.include({ level: "error", "fields.request_id": "look-here" });
  });

  it("does not take a failed authentication for a success", async () => {
    const gateway = await RestGateway.start(
      {},
      {
        authenticate: () =>
          Promise.reject(new GatewayError("storage_unavailable", "No storage.", { retryable: true })),
      },
    );

    const { status, body } = await gateway.ask("GET", "/api/v1/servers");
    const open = await gateway.ask("GET", "/health/live");
    await gateway.close();

    expect([status, open.status]).to.deep.equal([503, 200]);
    expect(body).to.include({ code: "storage_unavailable", retryable: true });
  });

  it("cuts off a client that never ends its headers", async () => {
    const gateway = await RestGateway.start({ headersMs: 100, bodyMs: 100 });
    const server = gateway.http as typeof gateway.http & { connectionsCheckingInterval?: number };

    expect(server.headersTimeout).to.equal(100);
    expect(server.requestTimeout).to.equal(200);
    await gateway.close();
  });
});
