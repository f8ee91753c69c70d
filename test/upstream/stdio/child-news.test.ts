import { expect } from "chai";

import type { StdioConnection } from "../../../src/upstream/stdio/stdio-connection.ts";
import { until } from "../../wire/raw-server.ts";
import { StdioBench, textOf, toolCall } from "./stdio-bench.ts";

const UPDATED = "notifications/resources/updated";
const NEVER = new AbortController().signal;

describe("what a stdio child of the 2026 era is asked to report", function () {
  this.timeout(15_000);
  let bench: StdioBench;

  beforeEach(() => {
    bench = new StdioBench();
  });
  afterEach(() => bench.close());
  const touch = (connection: StdioConnection) => connection.call(toolCall("touch", {}, { era: "2026" }));
  const updated = () =>
    bench.notifications.filter(({ method }) => method === UPDATED).map(({ params }) => params);
  /** What came of a method, by order. */
  const receivedBy = async (connection: StdioConnection, method: string) => {
    const reply = await connection.call(toolCall("received", {}, { era: "2026" }));
    const received = JSON.parse(textOf(reply.value)) as { id?: number; method: string; params: object }[];
    return received.filter((message) => message.method === method);
  };

  it("is a resource that a server of the SDK lets one follow, until it is let go", async () => {
    const connection = await bench.fixture("modern", "2026-only");

    const reply = await connection.follow("test://a", NEVER);
    await touch(connection);
    expect(reply.kind).to.equal("result");
    expect(updated()).to.deep.equal([{ uri: "test://a" }]);

    connection.unfollow("test://a");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await touch(connection);
    expect(updated()).to.have.length(1);
  });

  it("is one subscription after the other, the old one cancelled when the new one is acknowledged", async () => {
    const connection = await bench.fixture("subscribing", "");
    await connection.follow("a://1", NEVER);
    await connection.follow("a://2", NEVER);

    const listens = await receivedBy(connection, "subscriptions/listen");
    const cancelled = await receivedBy(connection, "notifications/cancelled");

    const filters = listens.map(({ params }) => (params as { notifications: object }).notifications);
    expect(filters).to.deep.equal([
      { toolsListChanged: true },
      { toolsListChanged: true, resourceSubscriptions: ["a://1"] },
      { toolsListChanged: true, resourceSubscriptions: ["a://1", "a://2"] },
    ]);
    const ids = cancelled.map(({ params }) => (params as { requestId: number }).requestId);
    expect(ids).to.deep.equal(listens.slice(0, 2).map(({ id }) => id));
  });

  it("is refused when the child does not acknowledge it, or knows no subscriptions", async () => {
    const choosy = await bench.fixture("subscribing", "choosy");
    const ignorant = await bench.fixture("subscribing", "ignorant");

    expect((await choosy.follow("a://1", NEVER)).value).to.have.property("code", -32602);
    expect((await ignorant.follow("a://1", NEVER)).value).to.have.property("code", -32601);
    await touch(choosy);
    expect(updated()).to.deep.equal([]);
  });

  it("is asked for again when the child has ended the subscription, and counts as changed", async () => {
    const connection = await bench.fixture("subscribing", "");
    await connection.follow("a://1", NEVER);

    await connection.call(toolCall("end_subscriptions", {}, { era: "2026" }));

    await until(() => updated().length === 1);
    expect(updated()).to.deep.equal([{ uri: "a://1" }]);
    await touch(connection);
    expect(updated()).to.have.length(2);
  });

  it("does not keep an error without an id from the call that it is about", async () => {
    const connection = await bench.fixture("subscribing", "");
    await connection.follow("a://1", NEVER);

    const reply = await connection.call(toolCall("no_id", {}, { era: "2026" }));

    expect(reply.value).to.have.property("code", -32700);
  });
});
