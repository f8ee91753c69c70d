import { expect } from "chai";

import { Slots } from "../../src/discovery/slots.ts";
import { ManualClock, settle, withResolvers } from "../support/manual-clock.ts";

const never = (): Promise<void> => new Promise(() => {});

describe("Slots", () => {
  it("runs work in order, and no more at a time than there are slots", async () => {
    const slots = new Slots(2, new ManualClock());
    const ran: number[] = [];
    const finish: (() => void)[] = [];

    for (let work = 0; work < 4; work++) {
      slots.run(() => {
        ran.push(work);
        return new Promise<void>((resolve) => finish.push(resolve));
      });
    }
    const atFirst = [...ran];
    finish[1]?.();
    await settle();

    expect(atFirst).to.deep.equal([0, 1]);
    expect(ran).to.deep.equal([0, 1, 2]);
  });

  it("takes a slot back from work that does not end", async () => {
    const clock = new ManualClock();
    const slots = new Slots(1, clock);
    let ran = false;

    slots.run(never);
    slots.run(async () => {
      ran = true;
    });
    await clock.advance(1_999);
    const before = ran;
    await clock.advance(1);

    expect([before, ran]).to.deep.equal([false, true]);
  });

  it("counts a slot once, though its work ends after it was taken back", async () => {
    const clock = new ManualClock();
    const slots = new Slots(1, clock);
    const ran: string[] = [];
    const slow = withResolvers<void>();

    slots.run(() => slow.promise);
    await clock.advance(2_000);
    slow.resolve();
    await settle();
    for (const name of ["a", "b"]) {
      slots.run(() => {
        ran.push(name);
        return never();
      });
    }

    expect(ran).to.deep.equal(["a"]);
  });

  it("drops what waits when it is cleared, and frees the slot of work that failed", async () => {
    const slots = new Slots(1, new ManualClock());
    const ran: string[] = [];

    slots.run(() => Promise.reject(new Error("broken")));
    slots.run(async () => ran.push("cleared"));
    slots.clear();
    await settle();
    slots.run(async () => ran.push("later"));

    expect(ran).to.deep.equal(["later"]);
  });
});
