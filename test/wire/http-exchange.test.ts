import type { IncomingMessage, ServerResponse } from "node:http";

import { expect } from "chai";

import { UpstreamBroken } from "../../src/domain/upstream-errors.ts";
import {
  type EventSink,
  type ExchangeOptions,
  HttpExchange,
  mediaType,
} from "../../src/wire/http-exchange.ts";
import type { OriginPool } from "../../src/wire/origin-pool.ts";
import type { SseEvent } from "../../src/wire/sse.ts";
import { rejection } from "../support/refusal.ts";
import { ORIGIN_POOLS } from "./origin-pools.ts";
import { RawServer, bodyOf, until } from "./raw-server.ts";

class Collector implements EventSink {
  readonly events: string[] = [];
  readonly #last: string | undefined;

  constructor(last?: string) {
    this.#last = last;
  }

  event({ data }: SseEvent): boolean {
    this.events.push(data.toString());
    return data.toString() === this.#last;
  }
}

for (const { name, open } of ORIGIN_POOLS) {
  describe(`HttpExchange over ${name}`, () => {
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

    it("sends the body and gives status, headers and the whole answer", async () => {
      let got = "";
      const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        got = `${request.method} ${request.url} ${await bodyOf(request)}`;
        response.writeHead(201, { "content-type": "text/plain", "x-a": "1" });
        response.write("one ");
        setTimeout(() => response.end("two"), 10);
      };
      listener = (request, response) => void reply(request, response).catch(() => response.destroy());

      const answer = await post({}, '{"ä":1}');

      expect(got).to.equal('POST /mcp {"ä":1}');
      expect(answer).to.deep.include({ status: 201, streamed: false, body: Buffer.from("one two") });
      expect(answer.headers["x-a"]).to.equal("1");
    });

    it("gives an empty body for an empty answer", async () => {
      listener = (_, response) => response.writeHead(202).end();

      expect((await post()).body).to.have.length(0);
    });

    it("tells just before the first byte leaves", async () => {
      const order: string[] = [];
      listener = (_, response) => {
        order.push("received");
        response.end();
      };

      await post({ onSent: () => order.push("sent") });

      expect(order).to.deep.equal(["sent", "received"]);
    });

    it("uses a connection again", async () => {
      listener = (request, response) => {
        request.resume().on("end", () => response.end("x"));
      };

      for (let i = 0; i < 10; i++) await post();

      // A connection is free again one turn of the event loop after its answer.
      expect(server.connections).to.be.at.most(2);
    });

    it("ignores informational answers", async () => {
      listener = (_, response) => {
        response.writeProcessing();
        response.writeHead(200).end("real");
      };

      expect((await post()).body.toString()).to.equal("real");
    });

    describe("an event stream", () => {
      const stream = (response: ServerResponse): ServerResponse =>
        response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });

      it("goes to the sink, event by event, before the answer is given", async () => {
        listener = (_, response) => {
          stream(response).write("data: 1\n\nda");
          setTimeout(() => response.end("ta: 2\n\n"), 10);
        };
        const sink = new Collector();

        const answer = await post({ sink });

        expect(sink.events).to.deep.equal(["1", "2"]);
        expect(answer).to.deep.include({ streamed: true, status: 200 });
        expect(answer.body).to.have.length(0);
      });

      it("is done when the sink says so, although the server keeps it open", async () => {
        listener = (_, response) => {
          stream(response).write("data: 1\n\ndata: last\n\ndata: 3\n\n");
        };
        const sink = new Collector("last");

        await post({ sink });

        expect(sink.events).to.deep.equal(["1", "last"]);
        await until(() => server.closedConnections > 0);
      });

      it("leaves a connection that is used again, if the server ends it after the answer", async () => {
        listener = (request, response) => {
          request.resume().on("end", () => stream(response).end("data: last\n\n"));
        };

        for (let i = 0; i < 10; i++) await post({ sink: new Collector("last") });

        expect(server.connections).to.be.at.most(2);
      });

      it("fails when it is cut", async () => {
        listener = (_, response) => {
          stream(response).write("data: 1\n\n");
          setTimeout(() => response.destroy(), 10);
        };

        expect(await rejection(() => post({ sink: new Collector() }))).to.be.instanceOf(UpstreamBroken);
      });

      it("fails with an event that is too large", async () => {
        listener = (_, response) => {
          stream(response).write(`data: ${"x".repeat(2_000)}`);
        };

        expect((await rejection(() => post({ sink: new Collector() }))).code).to.equal(
          "upstream_reply_too_large",
        );
        await until(() => server.closedConnections > 0);
      });

      it("fails with whatever the sink throws, and closes the connection", async () => {
        const problem = new UpstreamBroken("up", "bad event");
        const sink = {
          event: () => {
            throw problem;
          },
        };
        listener = (_, response) => {
          stream(response).write("data: 1\n\n");
        };

        expect(await rejection(() => post({ sink }))).to.equal(problem);
        await until(() => server.closedConnections > 0);
      });

      it("of a refusal, or without a sink, is an ordinary body", async () => {
        listener = (_, response) =>
          response.writeHead(500, { "content-type": "text/event-stream" }).end("data: 1\n\n");
        const sink = new Collector();

        const answer = await post({ sink });

        expect(answer).to.deep.include({ streamed: false, status: 500 });
        expect(sink.events).to.deep.equal([]);
        listener = (_, response) => stream(response).end("data: 1\n\n");
        expect((await post()).body.toString()).to.equal("data: 1\n\n");
      });
    });

    it("never sends a request twice, whatever becomes of the connection", async () => {
      let count = 0;
      listener = (request, response) => {
        count += 1;
        // The answer is whole, but the server closes the connection although it promised to keep it.
        request.resume().on("end", () => {
          if (count % 2 === 0) response.socket?.destroy();
          else response.end("ok", () => response.socket?.destroy());
        });
      };

      const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => post()));

      const sent = outcomes.filter(
        (outcome) => outcome.status === "fulfilled" || !/cannot be reached/.test(String(outcome.reason)),
      );
      expect(count).to.equal(sent.length);
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
