import { expect } from "chai";

import { Leases } from "../../src/upstream/leases.ts";
import { Slot } from "../../src/upstream/slot.ts";
import { refusal } from "../support/refusal.ts";
import { toolCall } from "./mcp-upstream.ts";

describe("Leases", () => {
  let now: number;
  let leases: Leases;

  beforeEach(() => {
    now = 0;
    leases = new Leases("up", createSlot, 3);
  });
  afterEach(() => leases.close());

  function createSlot(): Slot {
    return new Slot({
      server: "up",
      connectMs: 1_000,
      connect: () => new Promise(() => undefined),
      onNotification: () => {},
      onConnecting: () => {},
      onConnected: () => {},
      onFailed: () => {},
      onEnded: () => {},
      now: () => now,
    });
  }

  it("gives each key a place of its own, and the same one again", () => {
    const anna = leases.take("anna");

    expect(leases.take("anna")).to.equal(anna);
    expect(leases.take("ben")).not.to.equal(anna);
    expect(leases.find("anna")).to.equal(anna);
    expect(leases.find("carl")).to.equal(undefined);
    expect(leases.all).to.have.length(2);
  });

  it("drops those that were idle for five minutes", () => {
    leases.take("anna");
    now = 4 * 60_000;
    leases.take("ben");
    now = 5 * 60_000;

    leases.sweep();

    expect(leases.find("anna")).to.equal(undefined);
    expect(leases.find("ben")).not.to.equal(undefined);
  });

  it("makes room by dropping the one that was idle longest", () => {
    for (const [key, at] of [
      ["a", 5],
      ["b", 1],
      ["c", 9],
    ] as const) {
      now = at;
      leases.take(key);
    }
    now = 20;

    leases.take("d");

    expect(["a", "b", "c", "d"].filter((key) => leases.find(key) !== undefined)).to.deep.equal([
      "a",
      "c",
      "d",
    ]);
  });

  it("refuses a newcomer when all are in use", () => {
    for (const key of ["a", "b", "c"])
      void leases
        .take(key)
        .use(toolCall(key))
        .catch(() => undefined);
    now = 1_000_000;

    const error = refusal(() => leases.take("d"));

    expect(error).to.deep.include({ code: "upstream_busy", outcome: "not_sent" });
    leases.sweep();
    expect(leases.all).to.have.length(3);
  });

  it("has nothing left after it was closed", async () => {
    leases.take("a");

    await leases.close();

    expect(leases.all).to.deep.equal([]);
  });
});
