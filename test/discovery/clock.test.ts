import { spawnSync } from "node:child_process";

import { expect } from "chai";

import { systemClock } from "../../src/discovery/clock.ts";

const CLOCK = new URL("../../src/discovery/clock.js", import.meta.url).href;

describe("systemClock", () => {
  it("tells the time of the system", () => {
    expect(systemClock.now()).to.be.closeTo(Date.now(), 1_000);
  });

  it("runs work once, and not at all when it is called off", async () => {
    const ran: string[] = [];
    const callOff = systemClock.after(1, () => ran.push("called off"));

    callOff();
    callOff();
    await new Promise<void>((resolve) => systemClock.after(2, () => resolve(void ran.push("ran"))));

    // An unreferenced timer runs only while something else keeps the process alive: mocha does.
    expect(ran).to.deep.equal(["ran"]);
  });

  it("keeps no process alive", () => {
    const program = `const { systemClock } = await import(${JSON.stringify(CLOCK)}); systemClock.after(60_000, () => {});`;

    const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 10_000,
    });

    expect(status).to.equal(0);
  });
});
