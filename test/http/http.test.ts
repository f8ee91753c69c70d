import { expect } from "chai";

import { sendBytes } from "../support/raw-http.ts";
import { RestGateway } from "../support/rest-gateway.ts";

describe("the listener", () => {
  let gateway: RestGateway;

  before(async () => {
    gateway = await RestGateway.start({ requestBytes: 64 * 1024, jsonDepth: 16, headerBytes: 8 * 1024 });
  });
  after(() => gateway.close());
  afterEach(() => {
    gateway.mcp = () => false;
  });

  describe("request ids", () => {
    it("takes over the client's own id", async () => {
      const response = await gateway.send("GET", "/version", { headers: { "x-request-id": "abc-1.2:3" } });

      expect(response.headers.get("x-request-id")).to.equal("abc-1.2:3");
    });

    it("makes a new one for each request without, or with one that could do harm", async () => {
      const given = [undefined, "a b", "x".repeat(129), "<script>"];

      const answers = await Promise.all(
        given.map((id) =>
          gateway.send("GET", "/version", id === undefined ? {} : { headers: { "x-request-id": id } }),
        ),
      );

      const ids = answers.map(({ headers }) => headers.get("x-request-id"));
      expect(new Set(ids).size).to.equal(given.length);
      for (const id of ids) expect(id).to.match(/^req_[\w-]+$/);
    });

    it("names the id in every problem", async () => {
      const { body } = await gateway.ask("GET", "/nothing", { headers: { "x-request-id": "find-me" } });

      expect(body).to.include({ request_id: "find-me" });
    });
  });

  describe("Host and Origin", () => {
    for (const path of ["/version", "/api/v1/servers", "/mcp", "/metrics", "/api/docs", "/health/live"]) {
      it(`refuses a foreign host on ${path}`, async () => {
        const answer = await sendBytes(
          gateway,
          `GET ${path} HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n`,
        );

        expect(answer).to.match(/^HTTP\/1.1 403 /);
        expect(answer).to.include("application/problem+json").and.include("host_not_allowed");
      });

      it(`refuses a foreign web page on ${path}`, async () => {
        const { status, body } = await gateway.ask("GET", path, {
          headers: { origin: "https://evil.example.com" },
        });

        expect(status).to.equal(403);
        expect(body).to.include({ code: "origin_not_allowed" });
      });
    }

    it("lets in a web page of an origin that is allowed", async () => {
      const { status } = await gateway.ask("GET", "/version", {
        headers: { origin: "https://ui.example.com" },
      });

      expect(status).to.equal(200);
    });
  });

  describe("dispatch of MCP", () => {
    for (const path of ["/mcp", "/mcp/s/weather", "/mcp?mode=search"]) {
      it(`hands ${path} to the MCP front, with the request id`, async () => {
        gateway.mcp = (_, response, requestId) => {
          response.end(`mcp ${requestId}`);
          return true;
        };

        const response = await gateway.send("POST", path, { headers: { "x-request-id": "id-1" } });

        expect(await response.text()).to.equal("mcp id-1");
      });
    }

    it("hands nothing else to it", async () => {
      let asked = 0;
      gateway.mcp = () => {
        asked += 1;
        return false;
      };

      const answers = await Promise.all(
        ["/mcpx", "/MCP", "/api/mcp", "/", "/version"].map((path) => gateway.send("GET", path)),
      );

      expect(asked).to.equal(0);
      expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404, 404, 200]);
    });

    it("answers a path that the front does not know like any other unknown path", async () => {
      const stranger = await gateway.ask("GET", "/mcp/unknown", { as: "nobody" });
      const known = await gateway.ask("GET", "/mcp/unknown");

      expect([stranger.status, known.status]).to.deep.equal([401, 404]);
    });

    it("answers 500 without a word about the cause when the front throws", async () => {
      gateway.mcp = () => {
        throw new TypeError("secret detail");
      };

      const { status, body } = await gateway.ask("POST", "/mcp");

      expect(status).to.equal(500);
      expect(body).to.include({ code: "internal" });
      expect(JSON.stringify(body)).to.not.include("secret detail");
    });

    it("counts requests of MCP under one route", async () => {
      gateway.mcp = (_, response) => {
        response.writeHead(202).end();
        return true;
      };
      await gateway.send("POST", "/mcp/s/one");

      const text = await (await gateway.send("GET", "/metrics")).text();

      expect(text).to.match(/switchgear_http_requests_total\{route="\/mcp",method="POST",status="202"\} \d/);
    });
  });
});
