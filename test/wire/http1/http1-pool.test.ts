import { lookup } from "node:dns";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";

import { expect } from "chai";

import { type HttpAnswer, HttpExchange } from "../../../src/wire/http-exchange.ts";
import { Http1Pool, type Http1PoolOptions } from "../../../src/wire/http1/http1-pool.ts";
import { rejection } from "../../support/refusal.ts";
import { RawServer, bodyOf, until } from "../raw-server.ts";

describe("Http1Pool", () => {
  let server: RawServer;
  let pool: Http1Pool;
  let listener: (request: IncomingMessage, response: ServerResponse) => void;

  const open = (port: number, options: Partial<Http1PoolOptions> = {}): Http1Pool =>
    new Http1Pool({
      host: "127.0.0.1",
      port,
      hostHeader: `127.0.0.1:${port}`,
      lookup,
      connectMs: 1_000,
      maxHeadBytes: 4_096,
      connections: 2,
      ...options,
    });

  const send = (
    to: Http1Pool,
    body: string | Buffer = "{}",
    signal?: AbortSignal,
    headers: string[] = ["content-type", "application/json"],
  ): Promise<HttpAnswer> =>
    new HttpExchange({ server: "up", maxBytes: 1_000_000, signal }).send(to, {
      path: "/mcp",
      method: "POST",
      headers,
      body,
    });

  beforeEach(async () => {
    listener = (_, response) => response.end("ok");
    server = await RawServer.start((request, response) => listener(request, response));
    pool = open(server.port);
  });
  afterEach(async () => {
    await pool.destroy();
    await server.close();
  });

  it("uses one connection for requests that follow each other", async () => {
    for (let n = 0; n < 5; n++) expect((await send(pool)).body.toString()).to.equal("ok");

    expect(server).to.deep.include({ connections: 1, requests: 5 });
  });

  it("opens no more connections than it may, and lets the others wait their turn", async () => {
    let inside = 0;
    let most = 0;
    listener = (_, response) => {
      most = Math.max(most, ++inside);
      setTimeout(() => {
        inside--;
        response.end("ok");
      }, 5);
    };

    const answers = await Promise.all(Array.from({ length: 9 }, () => send(pool)));

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(9).fill(200));
    expect(most).to.equal(2);
    expect(server.connections).to.equal(2);
  });

  it("sends text of any script and bytes as they are", async () => {
    const got: string[] = [];
    listener = (request, response) => {
      bodyOf(request)
        .then((body) => got.push(body))
        .then(() => response.end())
        .catch(() => undefined);
    };

    await send(pool, "plain");
    await send(pool, "snow ☃ and é");
    await send(pool, Buffer.from("bytes ☃"));

    expect(got).to.deep.equal(["plain", "snow ☃ and é", "bytes ☃"]);
  });

  it("sends and takes a megabyte", async () => {
    listener = (request, response) => {
      bodyOf(request)
        .then((body) => response.end(body))
        .catch(() => undefined);
    };
    const text = "0123456789".repeat(99_000);

    expect((await send(pool, text)).body.toString()).to.equal(text);
  });

  it("keeps each answer, whatever is read after it", async () => {
    listener = (request, response) => {
      bodyOf(request)
        .then((body) => response.end(body))
        .catch(() => undefined);
    };

    const answers = await Promise.all(["aaaa", "bbbb", "cccc", "dddd"].map((text) => send(pool, text)));
    await send(pool, "xxxxxxxx");

    expect(answers.map(({ body }) => body.toString())).to.deep.equal(["aaaa", "bbbb", "cccc", "dddd"]);
  });

  it("opens a new connection when the server has closed the old one", async () => {
    listener = (_, response) => response.writeHead(200, { connection: "close" }).end("ok");

    await send(pool);
    await send(pool);

    expect(server).to.deep.include({ connections: 2, requests: 2 });
  });

  it("does not use a connection that the server said it will close soon", async () => {
    listener = (_, response) => response.writeHead(200, { "keep-alive": "timeout=1" }).end("ok");

    await send(pool);
    await send(pool);

    expect(server.connections).to.equal(2);
  });

  it("gives up the connection of an exchange that was given up", async () => {
    let arrived: () => void = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    listener = () => arrived();
    const leaving = new AbortController();
    const call = rejection(() => send(pool, "{}", leaving.signal));
    await arrival;

    leaving.abort();

    expect((await call).code).to.equal("cancelled");
    await until(() => server.closedConnections === 1);
  });

  it("goes on with those that wait when a connection breaks", async () => {
    let first = true;
    listener = (request, response) => {
      if (first) request.socket.destroy();
      else response.end("ok");
      first = false;
    };
    const narrow = open(server.port, { connections: 1 });

    const [broken, fine] = await Promise.allSettled([send(narrow), send(narrow)]);

    expect(broken.status).to.equal("rejected");
    expect(fine.status).to.equal("fulfilled");
    await narrow.destroy();
  });

  it("fails as many as wait when nobody listens", async () => {
    const nobody = open(1);

    const outcomes = await Promise.all([1, 2, 3].map(() => rejection(() => send(nobody))));

    expect(outcomes.map((error) => error.code)).to.deep.equal(Array(3).fill("upstream_unavailable"));
    await nobody.destroy();
  });

  it("refuses headers that would make another header, and goes on", async () => {
    const error = await rejection(() => send(pool, "{}", undefined, ["a", "b\r\nevil: 1"]));

    expect(error).to.have.property("outcome", "not_sent");
    expect((await send(pool)).status).to.equal(200);
    expect(server.requests).to.equal(1);
  });

  it("refuses everything when it was told that nothing is allowed", async () => {
    const closed = open(server.port, { refusal: new Error("not there") });

    expect((await rejection(() => send(closed))).message).to.contain("not there");
    expect(server.connections).to.equal(0);
    await closed.close();
  });

  it("lets what is under way end when it is closed, and takes nothing more", async () => {
    let finish: () => void = () => {};
    listener = (_, response) => (finish = () => response.end("late"));
    const call = send(pool);
    await until(() => server.requests === 1);

    const closing = pool.close();
    const refused = await rejection(() => send(pool));
    finish();

    expect((await call).body.toString()).to.equal("late");
    expect(refused).to.have.property("outcome", "not_sent");
    await closing;
    await until(() => server.closedConnections === 1);
  });

  it("fails what is under way when it is destroyed", async () => {
    listener = () => {};
    const call = rejection(() => send(pool));
    await until(() => server.requests === 1);

    await pool.destroy();

    expect((await call).code).to.equal("upstream_broken");
  });

  describe("with a peer of few words", () => {
    let raw: Server;
    const sockets = new Set<Socket>();
    let answer: (socket: Socket) => void;

    beforeEach(async () => {
      raw = createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined).on("data", () => answer(socket));
      });
      raw.listen(0, "127.0.0.1");
      await once(raw, "listening");
    });
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      raw.close();
    });
    const port = (): number => (raw.address() as AddressInfo).port;

    it("takes an answer that comes byte by byte", async () => {
      const text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
      answer = (socket) => {
        for (const [at, character] of Array.from(text).entries())
          setTimeout(() => socket.write(character), at);
      };
      const slow = open(port());

      expect((await send(slow)).body.toString()).to.equal("hello");
      await slow.destroy();
    });

    it("never takes bytes that came too much for the next answer", async () => {
      answer = (socket) =>
        socket.write(
          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        );
      const poisoned = open(port(), { connections: 1 });

      const bodies = [await send(poisoned), await send(poisoned)].map(({ body }) => body.toString());

      expect(bodies).to.deep.equal(["ok", "ok"]);
      expect(sockets.size).to.be.at.least(2);
      await poisoned.destroy();
    });

    it("calls an answer without an end broken", async () => {
      answer = (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf");
      const cut = open(port());

      expect((await rejection(() => send(cut))).code).to.equal("upstream_broken");
      await cut.destroy();
    });
  });
});
