import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { ConnectionEvents, UpstreamCall } from "../../src/upstream/connection.ts";
import { type AnyConnection, Slot } from "../../src/upstream/slot.ts";
import { Reply } from "../../src/wire/reply.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { rejection } from "../support/refusal.ts";
import { NEVER, toolCall } from "./mcp-upstream.ts";

/** The least that can be connected to; what it is asked is answered when the test says so. */
class FakeConnection implements AnyConnection {
  readonly era = "2025";
  readonly capabilities = {};
  readonly serverInfo = {};
  readonly instructions = undefined;
  readonly calls: { call: UpstreamCall; answer: (reply: Reply) => void }[] = [];
  closed = 0;

  call(call: UpstreamCall): Promise<Reply> {
    const { promise, resolve } = withResolvers<Reply>();
    this.calls.push({ call, answer: resolve });
    return promise;
  }
  notify(): void {}
  async close(): Promise<void> {
    this.closed += 1;
  }
}

describe("Slot", () => {
  let log: string[];
  let now: number;
  let attempts: {
    events: ConnectionEvents;
    signal: AbortSignal;
    resolve: (connection: AnyConnection) => void;
    reject: (error: Error) => void;
  }[];
  let slot: Slot;

  beforeEach(() => {
    log = [];
    now = 0;
    attempts = [];
    slot = new Slot({
      server: "up",
      connectMs: 1_000,
      connect: (events, signal) => {
        const { promise, resolve, reject } = withResolvers<AnyConnection>();
        attempts.push({ events, signal, resolve, reject });
        return promise;
      },
      onNotification: (method) => log.push(`notification ${method}`),
      onConnecting: () => log.push(`connecting ${slot.connecting}`),
      onConnected: () => log.push(`connected ${slot.connection !== undefined}`),
      onFailed: ({ code }) => log.push(`failed ${code} ${slot.connecting}`),
      onEnded: (error, _, livedMs) => log.push(`ended after ${livedMs}: ${error.message}`),
      now: () => now,
    });
  });

  it("connects once for all, and is then open", async () => {
    const connection = new FakeConnection();
    const waiting = [slot.open(NEVER()), slot.open(NEVER())];
    attempts[0]?.resolve(connection);

    expect(await Promise.all(waiting)).to.deep.equal([connection, connection]);
    expect(await slot.open(NEVER())).to.equal(connection);
    expect(attempts).to.have.length(1);
    expect(log).to.deep.equal(["connecting true", "connected true"]);
  });

  it("tells of a failure once, and tries again when asked again", async () => {
    const waiting = [rejection(() => slot.open(NEVER())), rejection(() => slot.open(NEVER()))];
    attempts[0]?.reject(new GatewayError("upstream_auth_required", "No."));

    for (const error of await Promise.all(waiting))
      expect(error).to.deep.include({ code: "upstream_auth_required", outcome: "not_sent" });
    expect(log).to.deep.equal(["connecting true", "failed upstream_auth_required false"]);
    void slot.open(NEVER()).catch(() => undefined);
    expect(attempts).to.have.length(2);
  });

  it("connects anew after the connection has ended", async () => {
    const connection = new FakeConnection();
    const opening = slot.open(NEVER());
    attempts[0]?.resolve(connection);
    await opening;
    now = 250;

    attempts[0]?.events.onClosed("the process exited");

    expect(slot.connection).to.equal(undefined);
    expect(connection.closed).to.equal(1);
    expect(log.at(-1)).to.equal('ended after 250: Upstream "up" cannot be reached: the process exited.');
    void slot.open(NEVER()).catch(() => undefined);
    expect(attempts).to.have.length(2);
  });

  it("tells of the end of a connection once", async () => {
    const opening = slot.open(NEVER());
    attempts[0]?.resolve(new FakeConnection());
    await opening;

    attempts[0]?.events.onClosed("one");
    attempts[0]?.events.onClosed("two");

    expect(log.filter((line) => line.startsWith("ended"))).to.have.length(1);
  });

  it("does not take a connection that ended before it was made known", async () => {
    const opening = rejection(() => slot.open(NEVER()));
    attempts[0]?.events.onClosed("gone already");
    attempts[0]?.resolve(new FakeConnection());

    expect((await opening).message).to.contain("gone already");
    expect(slot.connection).to.equal(undefined);
  });

  it("hands on notifications", async () => {
    const opening = slot.open(NEVER());
    attempts[0]?.resolve(new FakeConnection());
    await opening;

    attempts[0]?.events.onNotification("notifications/tools/list_changed", {});

    expect(log.at(-1)).to.equal("notification notifications/tools/list_changed");
  });

  it("closes what it has, and is not told of its end", async () => {
    const connection = new FakeConnection();
    const opening = slot.open(NEVER());
    attempts[0]?.resolve(connection);
    await opening;

    await slot.close();
    attempts[0]?.events.onClosed("closed");

    expect(connection.closed).to.equal(1);
    expect(log).to.deep.equal(["connecting true", "connected true"]);
  });

  it("gives up an attempt when it is closed, and closes what comes of it nevertheless", async () => {
    const late = new FakeConnection();
    const opening = rejection(() => slot.open(NEVER()));

    await slot.close();
    expect(attempts[0]?.signal.aborted).to.equal(true);
    attempts[0]?.resolve(late);

    expect(await opening).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
    expect(late.closed).to.equal(1);
    expect(log).to.deep.equal(["connecting true"]);
  });

  it("is in use while a call lasts, and idle from its end on", async () => {
    const connection = new FakeConnection();
    const used = slot.use(toolCall("a"));
    now = 500;
    expect(slot.idleMs).to.equal(0);
    attempts[0]?.resolve(connection);
    while (connection.calls.length === 0) await Promise.resolve();
    now = 1_000;
    expect(slot.idleMs).to.equal(0);

    connection.calls[0]?.answer(Reply.of("result", { a: 1 }, "2025"));

    expect((await used).value).to.deep.equal({ a: 1 });
    now = 1_700;
    expect(slot.idleMs).to.equal(700);
  });
});
