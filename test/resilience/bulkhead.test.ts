import { expect } from "chai";

import { Bulkhead, type Waiter } from "../../src/resilience/bulkhead.ts";
import { FakeClock } from "./fake-clock.ts";

class Guest implements Waiter {
  news: string[] = [];
  granted(): void {
    this.news.push("granted");
  }
  refused(): void {
    this.news.push("refused");
  }
}

describe("Bulkhead", () => {
  let clock: FakeClock;
  let bulkhead: Bulkhead;
  beforeEach(() => {
    clock = new FakeClock();
    bulkhead = new Bulkhead({ slots: 2, queue: 3, waitMs: 1_000, now: clock.now });
  });
  afterEach(() => {
    clock.restore();
  });

  /** Takes both slots, then lets `count` guests wait. */
  function crowd(count: number): Guest[] {
    bulkhead.enter(new Guest());
    bulkhead.enter(new Guest());
    return Array.from({ length: count }, () => {
      const guest = new Guest();
      bulkhead.enter(guest);
      return guest;
    });
  }

  it("gives its slots at once", () => {
    expect(bulkhead.enter(new Guest())).to.equal("slot");
    expect(bulkhead.enter(new Guest())).to.equal("slot");
    expect([bulkhead.inFlight, bulkhead.queued]).to.deep.equal([2, 0]);
  });

  it("lets the next ones wait, and turns away those for whom there is no room", () => {
    crowd(0);

    const places = Array.from({ length: 5 }, () => bulkhead.enter(new Guest()));

    expect(places).to.deep.equal(["queue", "queue", "queue", "full", "full"]);
    expect([bulkhead.inFlight, bulkhead.queued]).to.deep.equal([2, 3]);
  });

  it("hands a freed slot to the one who came first", () => {
    const [first, second] = crowd(2);

    bulkhead.leave();

    expect(first?.news).to.deep.equal(["granted"]);
    expect(second?.news).to.deep.equal([]);
    expect([bulkhead.inFlight, bulkhead.queued]).to.deep.equal([2, 1]);
  });

  it("has a free slot again when nobody waits", () => {
    crowd(0);

    bulkhead.leave();
    bulkhead.leave();

    expect(bulkhead.inFlight).to.equal(0);
    expect(bulkhead.enter(new Guest())).to.equal("slot");
  });

  it("passes over a waiter who has gone", () => {
    const [first, second] = crowd(2);
    if (first !== undefined) bulkhead.abandon(first);

    bulkhead.leave();

    expect(first?.news).to.deep.equal([]);
    expect(second?.news).to.deep.equal(["granted"]);
  });

  it("refuses a waiter when its patience ends, once", async () => {
    const [guest] = crowd(1);

    await clock.advance(990);
    expect(guest?.news).to.deep.equal([]);
    await clock.advance(20);

    expect(guest?.news).to.deep.equal(["refused"]);
    expect(bulkhead.queued).to.equal(0);
    bulkhead.leave();
    expect(guest?.news).to.deep.equal(["refused"]);
  });

  it("gives each waiter its own full wait", async () => {
    const [early] = crowd(1);
    await clock.advance(600);
    const late = new Guest();
    bulkhead.enter(late);

    await clock.advance(420);
    expect([early?.news, late.news]).to.deep.equal([["refused"], []]);
    await clock.advance(600);

    expect(late.news).to.deep.equal(["refused"]);
  });

  it("does not refuse somebody whose predecessor was served meanwhile", async () => {
    crowd(1);
    await clock.advance(900);
    bulkhead.leave();
    const late = new Guest();
    bulkhead.enter(late);

    await clock.advance(900);

    expect(late.news).to.deep.equal([]);
  });

  it("refuses all that wait when it is cleared, and keeps count of the slots in use", () => {
    const guests = crowd(3);

    bulkhead.clear();

    expect(guests.map(({ news }) => news)).to.deep.equal([["refused"], ["refused"], ["refused"]]);
    expect([bulkhead.inFlight, bulkhead.queued]).to.deep.equal([2, 0]);
  });

  it("lets somebody who gave up his slot for a while in again at once, past those who wait", () => {
    const [waiting] = crowd(1);
    bulkhead.leave();

    bulkhead.reenter();

    expect(waiting?.news).to.deep.equal(["granted"]);
    expect(bulkhead.inFlight).to.equal(3);
  });

  it("gives nobody the slot that was one too many", () => {
    const [first, second] = crowd(2);
    bulkhead.leave();
    bulkhead.reenter();

    bulkhead.leave();
    expect([first?.news, second?.news, bulkhead.inFlight]).to.deep.equal([["granted"], [], 2]);
    bulkhead.leave();

    expect([second?.news, bulkhead.inFlight]).to.deep.equal([["granted"], 2]);
  });

  it("never holds more than its slots, however its guests come and go", () => {
    let running = 0;
    let most = 0;
    const enter = (): void => {
      const guest: Waiter = { granted: () => (most = Math.max(most, ++running)), refused: () => {} };
      if (bulkhead.enter(guest) === "slot") guest.granted();
    };

    for (let turn = 0; turn < 1_000; turn++) {
      if (turn % 3 === 2 && running > 0) {
        running--;
        bulkhead.leave();
      } else enter();
    }

    expect(most).to.equal(2);
    expect(bulkhead.inFlight).to.equal(running);
  });
});
