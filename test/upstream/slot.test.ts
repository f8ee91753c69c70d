import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { ConnectionEvents } from "../../src/upstream/connection.ts";
import { type AnyConnection, Slot } from "../../src/upstream/slot.ts";
import { Reply } from "../../src/wire/reply.ts";
import { settle, withResolvers } from "../support/manual-clock.ts";
import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import { FakeConnection, slotDeps } from "./fake-connection.ts";
import { NEVER, toolCall } from "./mcp-upstream.ts";

describe("Slot", () => {
  let log: string[];
  let now: number;
  let attempts: {
    events: ConnectionEvents;
    signal: AbortSignal;
    resolve: (connection: AnyConnection) => void;
    reject: (error: Error) => void;
  }[];
  let answers: ((reply: Reply) => void)[];
  let slot: Slot;

  beforeEach(() => {
    log = [];
    now = 0;
    attempts = [];
    answers = [];
    slot = new Slot(
      slotDeps({
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
        onRequest: ({ method }) => {
          log.push(`question ${method}`);
          const { promise, resolve } = withResolvers<Reply>();
          answers.push(resolve);
          return promise;
        },
        onUpdated: (uri, _, scopes) => log.push(`updated ${uri} for ${scopes.join()}`),
        now: () => now,
      }),
    );
  });

  /** Opens the connection of the next attempt. */
  async function open(connection = new FakeConnection()): Promise<FakeConnection> {
    const number = attempts.length;
    const opening = slot.open(NEVER());
    attempts[number]?.resolve(connection);
    await opening;
    return connection;
  }

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

  it("is not idle while somebody thinks about a question of the upstream", async () => {
    await open();
    const asked = attempts[0]?.events.onRequest({ method: "roots/list", params: {}, signal: NEVER() });
    now = 1_000;
    expect([slot.busy, slot.idleMs]).to.deep.equal([true, 0]);

    answers[0]?.(Reply.of("result", { roots: [] }, "2025"));

    expect((await asked)?.value).to.deep.equal({ roots: [] });
    now = 1_400;
    expect([slot.busy, slot.idleMs]).to.deep.equal([false, 400]);
    expect(log.at(-1)).to.equal("question roots/list");
  });

  describe("with followers", () => {
    const follow = (uri: string, scope = "anna") => slot.follow(uri, scope, NEVER());

    it("connects for the first one", async () => {
      const connection = new FakeConnection();
      const following = follow("a://1");
      attempts[0]?.resolve(connection);

      await following;

      expect(connection.follows).to.deep.equal(["+a://1"]);
      expect(slot.idleMs).to.equal(0);
    });

    it("tells them what was updated, and nobody else", async () => {
      await open();
      await follow("a://1");

      attempts[0]?.events.onNotification("notifications/resources/updated", { uri: "a://1" });
      attempts[0]?.events.onNotification("notifications/resources/updated", { uri: "a://2" });

      expect(log.filter((line) => /updated|notification/.test(line))).to.deep.equal([
        "updated a://1 for anna",
      ]);
    });

    it("says whether there was something to give up", async () => {
      const connection = await open();
      await follow("a://1");

      expect(slot.unfollow("a://1", "ben")).to.equal(false);
      expect(slot.unfollow("a://2", "anna")).to.equal(false);
      expect(slot.unfollow("a://1", "anna")).to.equal(true);
      await settle();

      expect(connection.follows).to.deep.equal(["+a://1", "-a://1"]);
      now = 300;
      expect(slot.idleMs).to.equal(300);
    });

    it("connects again by itself after its end, and follows again", async () => {
      await open();
      await follow("a://1");

      attempts[0]?.events.onClosed("the process exited");
      await until(() => attempts.length === 2);
      const next = new FakeConnection();
      attempts[1]?.resolve(next);
      await until(() => next.follows.length > 0);

      expect(next.follows).to.deep.equal(["+a://1"]);
      expect(log.slice(-3)).to.deep.equal(["connecting true", "connected true", "updated a://1 for anna"]);
    });

    it("tries again after a failure", async () => {
      await open();
      await follow("a://1");
      attempts[0]?.events.onClosed("the process exited");
      await until(() => attempts.length === 2);

      attempts[1]?.reject(new GatewayError("upstream_auth_required", "No."));

      await until(() => attempts.length === 3);
      expect(log).to.include("failed upstream_auth_required false");
    });

    it("rests when the last one has gone", async () => {
      await open();
      await follow("a://1");
      slot.unfollowAll("anna");

      attempts[0]?.events.onClosed("the process exited");
      await settle();

      expect(attempts).to.have.length(1);
    });

    it("is at peace once it was closed", async () => {
      await open();
      await follow("a://1");

      await slot.close();
      attempts[0]?.events.onClosed("closed");
      await settle();

      expect(attempts).to.have.length(1);
      expect(await rejection(() => follow("a://2"))).to.deep.include({
        code: "upstream_unavailable",
        outcome: "not_sent",
      });
      expect(attempts).to.have.length(1);
    });
  });

  it("rests when nobody needs the connection, tells nobody, and makes it anew for the next", async () => {
    const first = await open();

    slot.rest();
    slot.rest();
    const second = await open();

    expect([first.closed, second.closed]).to.deep.equal([1, 0]);
    expect(slot.connection).to.equal(second);
    expect(log.filter((line) => line.startsWith("ended"))).to.deep.equal([]);
  });
});
