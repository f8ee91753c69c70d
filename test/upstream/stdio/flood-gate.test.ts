import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { FloodGate } from "../../../src/upstream/stdio/flood-gate.ts";

const stream = () => new Readable({ read: () => undefined }).on("data", () => undefined);

describe("FloodGate", () => {
  it("lets a stream run within its share", () => {
    const source = stream();
    const gate = new FloodGate(source, { amount: 10, perMs: 20 });

    gate.spend(10);

    expect(source.isPaused()).to.equal(false);
  });

  it("pauses a stream beyond its share, for one period", async () => {
    const source = stream();
    const gate = new FloodGate(source, { amount: 10, perMs: 20 });

    gate.spend(11);
    const paused = source.isPaused();
    await sleep(40);

    expect(paused).to.equal(true);
    expect(source.isPaused()).to.equal(false);
  });

  it("begins each period anew", async () => {
    const source = stream();
    const gate = new FloodGate(source, { amount: 10, perMs: 10 });

    gate.spend(9);
    await sleep(20);
    gate.spend(9);

    expect(source.isPaused()).to.equal(false);
  });

  it("leaves a stream alone after it was closed", async () => {
    const source = stream();
    const gate = new FloodGate(source, { amount: 1, perMs: 10 });
    gate.spend(2);

    gate.close();
    await sleep(30);

    expect(source.isPaused()).to.equal(true);
  });
});
