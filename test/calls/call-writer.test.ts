import { expect } from "chai";

import { CallWriter, firstIdAt } from "../../src/calls/call-writer.ts";
import { ulid } from "../../src/domain/ulid.ts";
import { CallLab } from "../support/call-log.ts";

const DAY = 24 * 3_600_000;

describe("CallWriter", () => {
  let lab: CallLab;
  beforeEach(async () => {
    lab = await CallLab.open();
  });
  afterEach(() => lab.close());

  const writer = (maxRows: number): CallWriter =>
    new CallWriter({
      store: lab.storage.calls,
      maxRows,
      keepMs: DAY,
      sample: 1,
      count: () => {},
      onState: () => {},
      now: () => lab.now,
    });

  const insertAged = async (count: number, ageMs: number): Promise<void> => {
    const row = { tenant: "default", subject: "anna", server: "a", tool: "b", outcome: "ok", failed: false };
    const rows = Array.from({ length: count }, (_, n) => ({
      ...row,
      id: ulid("call", lab.now - ageMs + n),
      requestId: `r${n}`,
      view: "{}",
    }));
    await lab.storage.calls.insert(rows);
  };

  it("removes what is too old, in as many steps as it takes", async () => {
    await insertAged(600, 2 * DAY);
    await insertAged(600, 2 * DAY + 1_000);
    await insertAged(3, DAY / 2);

    await writer(10_000).prune();

    expect(await lab.storage.calls.count()).to.equal(3);
  });

  it("removes the oldest of what is too much", async () => {
    await insertAged(700, DAY / 2);
    await insertAged(10, 1_000);

    await writer(20).prune();

    const left = await lab.storage.calls.find({ tenant: "default" }, 100);
    expect(left).to.have.length(20);
    expect(left.filter(({ id }) => id >= firstIdAt(lab.now - 2_000))).to.have.length(10);
  });

  it("orders ids by time: all calls since then have greater ones", () => {
    const then = 1_772_000_000_000;

    expect(ulid("call", then) >= firstIdAt(then)).to.equal(true);
    expect(ulid("call", then - 1) < firstIdAt(then)).to.equal(true);
    expect(firstIdAt(-5) <= ulid("call", 0)).to.equal(true);
  });
});
