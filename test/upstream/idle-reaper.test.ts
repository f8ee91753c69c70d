import { expect } from "chai";

import { IdleReaper } from "../../src/upstream/idle-reaper.ts";
import { Slot } from "../../src/upstream/slot.ts";
import { FakeClock } from "../resilience/fake-clock.ts";
import { FakeConnection, slotDeps } from "./fake-connection.ts";
import { NEVER } from "./mcp-upstream.ts";

class CountingConnection extends FakeConnection {
  requests = 0;
  busy = false;
}

describe("IdleReaper", () => {
  let clock: FakeClock;
  let connection: CountingConnection;
  let slots: Slot[];
  let idleMs: number;
  let reaped: number;
  let reaper: IdleReaper;

  beforeEach(async () => {
    clock = new FakeClock();
    connection = new CountingConnection();
    idleMs = 60_000;
    reaped = 0;
    slots = [new Slot(slotDeps({ connect: async () => connection, now: clock.now }))];
    await slots[0]?.open(NEVER());
    reaper = new IdleReaper({
      slots: () => slots,
      idleMs: () => idleMs,
      onReaped: () => (reaped += 1),
      now: clock.now,
    });
    reaper.begin();
  });
  afterEach(() => {
    reaper.close();
    clock.restore();
  });

  it("closes a connection that nobody has used for so long, and tells of it once", async () => {
    await clock.advance(59_000, 1_000);
    expect(connection.closed).to.equal(0);

    await clock.advance(16_000, 1_000);

    expect([connection.closed, reaped]).to.deep.equal([1, 1]);
    expect(slots[0]?.connection).to.equal(undefined);
  });

  it("counts from the last request", async () => {
    await clock.advance(45_000, 1_000);
    connection.requests += 1;
    await clock.advance(45_000, 1_000);
    expect(connection.closed).to.equal(0);

    await clock.advance(45_000, 1_000);

    expect(connection.closed).to.equal(1);
  });

  it("does not end a call that takes long", async () => {
    connection.requests += 1;
    connection.busy = true;

    await clock.advance(600_000, 5_000);

    expect(connection.closed).to.equal(0);
  });

  it("does not end a connection on which somebody waits for news", async () => {
    await slots[0]?.follow("file:///a", "anna", NEVER());

    await clock.advance(600_000, 5_000);
    expect(connection.closed).to.equal(0);
    slots[0]?.unfollow("file:///a", "anna");
    await clock.advance(90_000, 5_000);

    expect(connection.closed).to.equal(1);
  });

  it("lets the connection be for ever where the time is 0, and takes a new setting at once", async () => {
    idleMs = 0;
    await clock.advance(3_600_000, 30_000);
    expect(connection.closed).to.equal(0);

    idleMs = 60_000;
    await clock.advance(30_000, 5_000);

    expect(connection.closed).to.equal(1);
  });

  it("stops looking when nothing is open, and begins again with the next one", async () => {
    await clock.advance(90_000, 5_000);
    connection = new CountingConnection();
    await slots[0]?.open(NEVER());
    reaper.begin();
    reaper.begin();

    await clock.advance(55_000, 1_000);
    expect(connection.closed).to.equal(0);
    await clock.advance(20_000, 1_000);

    expect([connection.closed, reaped]).to.deep.equal([1, 2]);
  });

  it("gives a connection that took another's place all its time", async () => {
    await clock.advance(50_000, 1_000);
    slots[0]?.rest();
    connection = new CountingConnection();
    await slots[0]?.open(NEVER());

    await clock.advance(55_000, 1_000);

    expect(connection.closed).to.equal(0);
  });

  it("does nothing after its end", async () => {
    reaper.close();

    await clock.advance(600_000, 5_000);

    expect(connection.closed).to.equal(0);
  });
});
