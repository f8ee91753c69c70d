import type { ServerResponse } from "node:http";

import { expect } from "chai";

import {
  BridgeEndpoint,
  type StreamPosition,
  isEventStream,
  messagesOf,
} from "../../src/cli/bridge-endpoint.ts";
import { until } from "../support/child-processes.ts";
import { rejection } from "../support/refusal.ts";
import { ScriptedGateway } from "./scripted-gateway.ts";

const signal = new AbortController().signal;

describe("BridgeEndpoint", function () {
  this.timeout(10_000);
  let gateway: ScriptedGateway;
  let endpoint: BridgeEndpoint;

  beforeEach(async () => {
    gateway = new ScriptedGateway();
    await gateway.open();
    endpoint = new BridgeEndpoint(`${gateway.url}/s/one?a=1`, { authorization: "Bearer key" });
  });
  afterEach(async () => {
    await endpoint.close();
    await gateway.close();
  });

  function answering(answer: (response: ServerResponse) => void): void {
    gateway.answering = (_seen, response) => answer(response);
  }

  async function read(position?: StreamPosition): Promise<string[]> {
    const messages: string[] = [];
    for await (const message of messagesOf(await endpoint.post("{}", {}, signal), position)) {
      messages.push(message.toString("utf8"));
    }
    return messages;
  }

  it("sends the key with each verb, and no header can take its place", async () => {
    answering((response) => response.writeHead(200).end());

    for (const answer of await Promise.all([
      endpoint.post("{}", { authorization: "Bearer other" }, signal),
      endpoint.get({ a: "1" }, signal),
      endpoint.delete({ b: "2" }, signal),
    ])) {
      await answer.body.dump();
    }

    expect(gateway.seen.map(({ verb }) => verb)).to.have.members(["POST", "GET", "DELETE"]);
    for (const { headers } of gateway.seen) expect(headers.authorization).to.equal("Bearer key");
  });

  it("takes a JSON body for one message", async () => {
    answering((response) => response.writeHead(200, { "content-type": "application/json" }).end('{"a":1}'));

    expect(await read()).to.deep.equal(['{"a":1}']);
  });

  it("takes an empty body for none", async () => {
    answering((response) => response.writeHead(202).end());

    expect(await read()).to.deep.equal([]);
  });

  it("tells an event stream by its type, whatever its parameters", async () => {
    answering((response) =>
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).end("data: 1\n\n"),
    );
    const answer = await endpoint.get({}, signal);

    expect(isEventStream(answer)).to.equal(true);
    await answer.body.dump();
  });

  it("gives events as they come, not when the stream ends", async () => {
    let stream: ServerResponse | undefined;
    answering((response) => {
      stream = response.writeHead(200, { "content-type": "text/event-stream" });
      stream.write("data: 1\n\n");
    });
    const messages = messagesOf(await endpoint.post("{}", {}, signal));

    const first = await messages.next();
    stream?.end("data: 2\n\n");
    const second = await messages.next();

    expect([first.value, second.value].map(String)).to.deep.equal(["1", "2"]);
    expect((await messages.next()).done).to.equal(true);
  });

  it("leaves out comments, empty events and those of another type", async () => {
    answering((response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(": ping\n\nid: 1\ndata:\n\nevent: endpoint\ndata: /x\n\nevent: message\ndata: 1\n\n"),
    );

    expect(await read()).to.deep.equal(["1"]);
  });

  it("keeps where a stream was", async () => {
    const position: StreamPosition = { lastEventId: "before", retryMs: undefined };
    answering((response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end("retry: 77\nid: e-9\ndata: 1\n\ndata: half"),
    );

    await read(position);

    expect(position).to.deep.equal({ lastEventId: "e-9", retryMs: 77 });
  });

  it("forgets nothing of a position when a stream names none", async () => {
    const position: StreamPosition = { lastEventId: "before", retryMs: 5 };
    answering((response) =>
      response.writeHead(200, { "content-type": "text/event-stream" }).end("data: 1\n\n"),
    );

    await read(position);

    expect(position).to.deep.equal({ lastEventId: "before", retryMs: 5 });
  });

  for (const type of ["application/json", "text/event-stream"]) {
    it(`stops reading an endless body of ${type}`, async () => {
      const chunk = Buffer.alloc(1024 * 1024, "x");
      let sent = 0;
      answering((response) => {
        response.writeHead(200, { "content-type": type }).write("data: ");
        const more = (): void => {
          if (response.destroyed || sent > 200) return;
          sent += 1;
          response.write(chunk, more);
        };
        more();
      });

      const error = await rejection(() => read());

      expect(error.code).to.equal("payload_too_large");
      expect(sent).to.be.below(200);
      await until("the connection is given up", () => gateway.seen[0]?.closed === true);
    });
  }
});
