import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, createServer } from "node:net";

import { expect } from "chai";

import { UpstreamBroken, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { type ExchangeOptions, HttpExchange, mediaType } from "../../src/wire/http-exchange.ts";
import type { OriginPool } from "../../src/wire/origin-pool.ts";
import { rejection } from "../support/refusal.ts";
import { ORIGIN_POOLS } from "./origin-pools.ts";
import { RawServer, until } from "./raw-server.ts";

for (const { name, open } of ORIGIN_POOLS) {
  describe(`the end of an HttpExchange over ${name}`, () => {
    let server: RawServer;
    let pool: OriginPool;
    let listener: (request: IncomingMessage, response: ServerResponse) => void;

    beforeEach(async () => {
      server = await RawServer.start((request, response) => listener(request, response));
      pool = open(server.origin);
    });
    afterEach(async () => {
      await pool.destroy();
      await server.close();
    });

    const post = (options: Partial<ExchangeOptions> = {}, body = "{}") =>
      new HttpExchange({ server: "up", maxBytes: 1_000, ...options }).send(pool, {
        path: "/mcp",
        method: "POST",
        headers: ["content-type", "application/json"],
        body,
      });

    describe("a failure", () => {
      it("before anything was sent is an unavailable upstream", async () => {
        const refused = open("http://127.0.0.1:1");
        let sent = false;
        const options = { server: "up", maxBytes: 10, onSent: () => (sent = true) };

        const error = await rejection(() =>
          new HttpExchange(options).send(refused, { path: "/", method: "POST", body: "x" }),
        );

        expect(error).to.be.instanceOf(UpstreamUnavailable);
        expect(error).to.deep.include({ outcome: "not_sent", executed: "not_executed" });
        expect(error.message).to.contain("the connection was refused");
        expect(sent).to.equal(false);
        await refused.destroy();
      });

      it("after that leaves it unknown what was done", async () => {
        listener = (request) => request.socket.destroy();

        const error = await rejection(() => post());

        expect(error).to.be.instanceOf(UpstreamBroken).and.have.property("outcome", "unknown");
        expect(server.requests).to.equal(1);
      });

      it("is found at once when the body is cut", async () => {
        listener = (_, response) => {
          response.writeHead(200, { "content-length": "100" });
          response.write("half");
          setTimeout(() => response.destroy(), 10);
        };
        const started = performance.now();

        expect((await rejection(() => post())).code).to.equal("upstream_broken");
        expect(performance.now() - started).to.be.below(1_000);
      });

      it("is what an answer is that is no HTTP", async () => {
        const garbage = createServer((socket) =>
          socket.on("error", () => undefined).once("data", () => socket.end("not http at all\r\n\r\n")),
        );
        garbage.listen(0, "127.0.0.1");
        await once(garbage, "listening");
        const other = open(`http://127.0.0.1:${(garbage.address() as AddressInfo).port}`);
        const options = { server: "up", maxBytes: 10 };

        const error = await rejection(() =>
          new HttpExchange(options).send(other, { path: "/", method: "POST", body: "x" }),
        );

        expect(error.code).to.equal("upstream_broken");
        await other.destroy();
        garbage.close();
      });

      it("names a header that cannot be sent, and sends nothing", async () => {
        const options = { server: "up", maxBytes: 10 };
        const bad = ["x-a", "line\nbreak"];

        const error = await rejection(() =>
          new HttpExchange(options).send(pool, { path: "/", method: "POST", headers: bad }),
        );

        expect(error).to.have.property("outcome", "not_sent");
        expect(server.requests).to.equal(0);
      });

      it("of a pool that was closed is one before sending", async () => {
        await pool.destroy();

        expect(await rejection(() => post())).to.have.property("outcome", "not_sent");
      });
    });

    describe("the cap", () => {
      it("refuses an announced length before reading it, and closes the connection", async () => {
        listener = (_, response) => response.writeHead(200, { "content-length": "100000000" }).write("x");

        const error = await rejection(() => post());

        expect(error.code).to.equal("upstream_reply_too_large");
        expect(error).to.have.property("outcome", "unknown");
        await until(() => server.closedConnections > 0);
      });

      it("refuses an endless body, and closes the connection", async () => {
        listener = (_, response) => {
          const more = (): void => {
            if (!response.destroyed) response.write("x".repeat(10_000), () => setImmediate(more));
          };
          more();
        };

        expect((await rejection(() => post({ maxBytes: 1_000_000 }))).code).to.equal(
          "upstream_reply_too_large",
        );
        await until(() => server.closedConnections > 0);
      });

      it("lets a body of exactly that size through", async () => {
        listener = (_, response) => response.end("x".repeat(1_000));

        expect((await post()).body).to.have.length(1_000);
      });
    });

    describe("an abort", () => {
      it("rejects at once and closes the connection", async () => {
        const abort = new AbortController();
        listener = () => setTimeout(() => abort.abort(), 10);

        const error = await rejection(() => post({ signal: abort.signal }));

        expect(error).to.deep.include({ code: "cancelled", executed: "unknown" });
        await until(() => server.closedConnections > 0);
      });

      it("before the call sends nothing", async () => {
        listener = (_, response) => response.end();

        const error = await rejection(() => post({ signal: AbortSignal.abort() }));

        expect(error).to.deep.include({ code: "cancelled", executed: "not_executed" });
        expect(server.requests).to.equal(0);
      });

      it("while waiting for a connection sends nothing", async () => {
        const narrow = open(server.origin, 1);
        const held: ServerResponse[] = [];
        listener = (_, response) => held.push(response);
        const send = (signal?: AbortSignal) =>
          new HttpExchange({ server: "up", signal, maxBytes: 10 }).send(narrow, {
            path: "/",
            method: "POST",
            body: "x",
          });
        const first = send();
        await until(() => held.length === 1);
        const abort = new AbortController();
        const second = rejection(() => send(abort.signal));

        abort.abort();

        expect(await second).to.deep.include({ code: "cancelled", executed: "not_executed" });
        held[0]?.end();
        await first;
        expect(server.requests).to.equal(1);
        await narrow.destroy();
      });

      it("after the answer does nothing, and leaves no listener behind", async () => {
        const abort = new AbortController();
        const { signal } = abort;
        const removed: unknown[] = [];
        const remove = signal.removeEventListener.bind(signal);
        signal.removeEventListener = (type: "abort", handler: () => void) => {
          removed.push(handler);
          remove(type, handler);
        };
        listener = (_, response) => response.end("ok");

        await post({ signal });
        abort.abort();

        expect(removed).to.have.length(1);
      });
    });
  });
}

describe("mediaType", () => {
  it("is the type without its parameters, in lower case", () => {
    expect(mediaType({ "content-type": "Application/JSON; charset=utf-8" })).to.equal("application/json");
    expect(mediaType({ "content-type": "application/json" })).to.equal("application/json");
    expect(mediaType({})).to.equal("");
  });
});
