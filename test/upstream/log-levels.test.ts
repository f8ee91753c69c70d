import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { LogLevels, isHeard } from "../../src/upstream/log-levels.ts";
import { rejection } from "../support/refusal.ts";
import { NEVER } from "./mcp-upstream.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("LogLevels", () => {
  let set: string[];
  let done: ((error?: unknown) => void)[];
  const levels = (options: { shared?: boolean; capabilities?: JsonObject } = {}): LogLevels =>
    new LogLevels({
      shared: options.shared ?? false,
      capabilities: () => options.capabilities ?? { logging: {} },
      set: (level) => {
        set.push(level);
        return new Promise((resolve, reject) => {
          done.push((error) => (error === undefined ? resolve({}) : reject(error)));
        });
      },
    });

  beforeEach(() => {
    set = [];
    done = [];
  });

  async function reach(subject: LogLevels, level: string): Promise<void> {
    const reaching = subject.reach(level, NEVER());
    await tick();
    for (const each of done.splice(0)) each();
    await reaching;
  }

  it("sets the level before the call goes on", async () => {
    const subject = levels();
    let reached = false;

    const reaching = subject.reach("info", NEVER())?.then(() => (reached = true));
    await tick();
    const before = reached;
    done[0]?.();
    await reaching;

    expect(set).to.deep.equal(["info"]);
    expect(before).to.equal(false);
  });

  it("sets no level twice in a row, and then waits for nothing", async () => {
    const subject = levels();
    await reach(subject, "info");

    expect(subject.reach("info", NEVER())).to.equal(undefined);
    expect(set).to.deep.equal(["info"]);
  });

  it("follows the one caller of a connection of its own in both directions", async () => {
    const subject = levels();

    for (const level of ["info", "error", "debug", "debug"]) await reach(subject, level);

    expect(set).to.deep.equal(["info", "error", "debug"]);
  });

  it("keeps the most verbose level on a shared connection", async () => {
    const subject = levels({ shared: true });

    for (const level of ["warning", "error", "notice", "emergency", "debug", "info"])
      await reach(subject, level);

    expect(set).to.deep.equal(["warning", "notice", "debug"]);
  });

  it("sends nothing to an upstream without the capability, or for a level that nobody knows", () => {
    expect(levels({ capabilities: { tools: {} } }).reach("info", NEVER())).to.equal(undefined);
    expect(levels().reach("verbose", NEVER())).to.equal(undefined);
    expect(set).to.deep.equal([]);
  });

  it("fails no call when the upstream refuses", async () => {
    const subject = levels();
    const reaching = subject.reach("info", NEVER());
    await tick();

    done[0]?.(new TypeError("no"));

    expect(await reaching).to.equal(undefined);
    expect(subject.reach("info", NEVER())).to.equal(undefined);
  });

  it("makes one change after the other", async () => {
    const subject = levels();

    const [first, second] = [subject.reach("info", NEVER()), subject.reach("debug", NEVER())];
    await tick();
    expect(set).to.deep.equal(["info"]);
    done[0]?.();
    await first;
    await tick();
    expect(set).to.deep.equal(["info", "debug"]);
    done[1]?.();
    await second;

    expect(subject.reach("debug", NEVER())).to.equal(undefined);
  });

  it("lets a call with a suitable level wait for a change that is under way", async () => {
    const subject = levels({ shared: true });
    const first = subject.reach("debug", NEVER());
    const second = subject.reach("error", NEVER());
    await tick();

    expect(second).to.be.instanceOf(Promise);
    done[0]?.();
    await Promise.all([first, second]);
    expect(set).to.deep.equal(["debug"]);
  });

  it("does not hold back a caller who has gone", async () => {
    const error = await rejection(async () => levels().reach("info", AbortSignal.abort()));

    expect(error).to.deep.include({ code: "cancelled", executed: "not_executed" });
  });

  it("sets the level again after it was told to forget it", async () => {
    const subject = levels({ shared: true });
    await reach(subject, "info");

    subject.forget();
    await reach(subject, "error");

    expect(set).to.deep.equal(["info", "error"]);
  });
});

describe("isHeard", () => {
  const envelope = (logLevel?: string) => ({ envelope: { capabilities: {}, logLevel } });

  it("goes by severity", () => {
    const order = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
    const heard = order.filter((level) => isHeard(envelope("warning"), "2025", { level }));

    expect(heard).to.deep.equal(["warning", "error", "critical", "alert", "emergency"]);
  });

  it("gives a caller without a level all of a 2025 upstream, and nothing of a 2026 one", () => {
    for (const call of [{}, envelope()]) {
      expect(isHeard(call, "2025", { level: "debug" })).to.equal(true);
      expect(isHeard(call, "2026", { level: "emergency" })).to.equal(false);
    }
    expect(isHeard(envelope("info"), "2026", { level: "info" })).to.equal(true);
  });

  it("keeps back no message whose level is not known", () => {
    expect(isHeard(envelope("emergency"), "2025", { level: "odd" })).to.equal(true);
    expect(isHeard(envelope("emergency"), "2025", {})).to.equal(true);
  });
});
