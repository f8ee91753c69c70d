import { once } from "node:events";
import { connect } from "node:net";

import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { Reply } from "../../src/wire/reply.ts";
import { sendBytes } from "../support/raw-http.ts";
import { RestGateway, toolDefinition } from "../support/rest-gateway.ts";

describe("clients that are slow, and a gateway that ends", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start({ headersMs: 100, bodyMs: 100 });
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
  });
  afterEach(() => gateway.close());

  it("cuts off headers that never end", async () => {
    const answer = await sendBytes(gateway, "GET /version HTTP/1.1\r\nHost: localhost\r\n");

    expect(answer)
      .to.match(/^HTTP\/1.1 408 /)
      .and.include("application/problem+json");
  });

  it("cuts off a body that never ends", async () => {
    const answer = await sendBytes(
      gateway,
      `POST /api/v1/tools/search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${gateway.keys.get("user")}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"q":',
    );

    expect(answer).to.match(/^HTTP\/1.1 408 /);
  });

  it("never cuts an answer that takes longer than a request may", async () => {
    gateway.answer = async () => {
      await new Promise((later) => setTimeout(later, 400));
      return Reply.of("result", { content: [] }, "2025");
    };

    const { status } = await gateway.ask("POST", "/api/v1/tools/forecast/execute");

    expect(status).to.equal(200);
  });

  it("forgets a client that leaves in the middle of its body", async () => {
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `POST /api/v1/tools/search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${gateway.keys.get("user")}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"q":',
    );
    await new Promise((later) => setTimeout(later, 20));
    socket.destroy();

    const { status } = await gateway.ask("GET", "/version");

    expect(status).to.equal(200);
    expect(gateway.logged.filter(({ level }) => level === "error")).to.deep.equal([]);
  });

  it("answers calls in flight while it refuses new ones", async () => {
    const release: (() => void)[] = [];
    gateway.answer = () =>
      new Promise((resolve) => {
        release.push(() => resolve(Reply.of("result", { content: [] }, "2025")));
      });
    const running = [1, 2, 3].map(() => gateway.ask("POST", "/api/v1/tools/forecast/execute"));
    while (release.length < 3) await new Promise((later) => setTimeout(later, 5));

    gateway.draining = true;
    const refused = await gateway.ask("POST", "/api/v1/tools/forecast/execute");
    for (const end of release) end();
    const answered = await Promise.all(running);

    expect(refused.status).to.equal(503);
    expect(refused.body).to.include({ code: "shutting_down" });
    expect(answered.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
  });

  it("writes failures of upstreams to the log as warnings, and those of callers not at all", async () => {
    gateway.answer = () => {
      throw new GatewayError("circuit_open", "Resting.");
    };
    await gateway.ask("POST", "/api/v1/tools/forecast/execute", { headers: { "x-request-id": "find-me" } });
    await gateway.ask("GET", "/api/v1/servers/nothing");
    await gateway.ask("POST", "/api/v1/servers", { body: {} });

    const logged = gateway.logged.filter(({ message }) => message === "request failed");
    expect(logged).to.have.length(1);
    expect(logged[0]).to.nested.include({
      level: "warn",
      "fields.request_id": "find-me",
      "fields.route": "/api/v1/tools/{tool}/execute",
    });
  });
});
